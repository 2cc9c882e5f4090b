import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAbsent } from './contained-path.js';
import type { ImportModelOptions } from './import-model.js';
import { InvalidModelSourceError } from './model-store.errors.js';
import { readOnnxFile } from './onnx-file/read-onnx-file.js';
import type { OnnxFile } from './onnx-file/read-onnx-file.js';
import { quote } from './quote.js';
import { Tag } from './tag.js';
import { faultOf } from './model-files.js';
import { saveModel } from './write/save-model.js';
import { unreadable } from './write/stage-file.js';

/** Makes a model of an .onnx file and the files beside it that hold its weights. */
export async function importOnnx(
  home: string,
  file: string,
  { tag, labels, metadata, signal, onProgress }: ImportModelOptions,
): Promise<Tag> {
  const { externalFiles, ...facts } = readOnnxFile(file);
  const files: Record<string, string> = { 'saved_model.onnx': file };
  for (const name of externalFiles) files[name] = await externalPath(file, name);
  const { name, version } = tag === undefined ? new Tag(nameOf(file)) : Tag.parse(tag);
  return saveModel(home, name, {
    source: files,
    version,
    labels,
    metadata: { onnx: facts, ...metadata },
    signatures: isBatchable(facts) ? { run: { batchable: true } } : undefined,
    signal,
    onProgress,
  });
}

/** A name by the grammar of tags that is like the file's. */
function nameOf(file: string): string {
  const text = basename(file, '.onnx').toLowerCase();
  const name = text.replaceAll(/[^a-z0-9._-]+/g, '_').replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return name.slice(0, 63).replace(/[^a-z0-9]+$/, '') || 'model';
}

/** @throws InvalidModelSourceError for what is not a regular file within the model's own folder. */
async function externalPath(file: string, name: string): Promise<string> {
  const fault = faultOf(name);
  const path = join(dirname(file), name);
  if (fault === undefined && (await isOwnFile(dirname(file), name))) return path;
  throw new InvalidModelSourceError(
    `Expected external data of the model as a file in its own folder, got ${quote(name)}. Put it beside the .onnx file.`,
    { details: { name } },
  );
}

/** Whether a name is that of a file; neither it nor a folder on the way may be a link. */
async function isOwnFile(folder: string, name: string): Promise<boolean> {
  const path = join(folder, name);
  try {
    const isPlain = (await realpath(path)) === join(await realpath(folder), name);
    return isPlain && (await stat(path)).isFile();
  } catch (error) {
    if (isAbsent(error)) return false;
    throw unreadable(name, error);
  }
}

/** The first dimension of every input and output is free. */
function isBatchable({ inputs, outputs }: Pick<OnnxFile, 'inputs' | 'outputs'>): boolean {
  return [...inputs, ...outputs].every(({ shape: [first] }) => {
    return first !== undefined && (typeof first === 'string' || first < 0);
  });
}
