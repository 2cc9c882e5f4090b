import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { isAbsent } from './contained-path.js';
import type { ImportModelOptions } from './import-model.js';
import { InvalidModelSourceError } from './model-store.errors.js';
import { checkFileNames, faultOf } from './model-files.js';
import { readOnnxFile } from './onnx-file/read-onnx-file.js';
import type { OnnxFile } from './onnx-file/read-onnx-file.js';
import { quote } from './quote.js';
import { download } from './s3/s3.js';
import type { S3Address } from './s3/s3.js';
import { Tag } from './tag.js';
import { writing } from './write/not-writable.js';
import type { ModelDescription } from './write/render-model-yaml.js';
import { commitNew, newTag, saveModel } from './write/save-model.js';
import { stageFile, unreadable } from './write/stage-file.js';
import type { TransferOptions } from './write/stage-file.js';
import { withStaging } from './write/staging.js';

/** What the model's own file is called in its folder. */
const ONNX_FILE = 'saved_model.onnx';

/** Makes a model of an .onnx file and the files beside it that hold its weights. */
export async function importOnnx(
  home: string,
  file: string,
  options: ImportModelOptions,
): Promise<Tag> {
  const { externalFiles, ...facts } = readOnnxFile(file);
  const files: Record<string, string> = { [ONNX_FILE]: file };
  for (const name of namesOf(externalFiles)) files[name] = await externalPath(file, name);
  const { signal, onProgress } = options;
  const { name, version } = tagFor(basename(file), options);
  const source = { ...describe(facts, options), source: files, version, signal, onProgress };
  return saveModel(home, name, source);
}

/** The same of an object, beside which the objects with its weights are. */
export async function importOnnxObject(
  home: string,
  address: S3Address,
  options: ImportModelOptions,
): Promise<Tag> {
  const { name, version } = tagFor(posix.basename(address.key), options);
  const tag = newTag(name, version);
  return writing(`write model ${tag.toString()}`, () =>
    withStaging(home, async (folder) => {
      const staging = new ObjectStaging(folder, options);
      await staging.take(address, ONNX_FILE);
      const file = join(folder, ONNX_FILE);
      const { externalFiles, ...facts } = readOnnxFile(file, posix.basename(address.key));
      for (const part of namesOf(externalFiles)) {
        await staging.take({ ...address, key: posix.join(posix.dirname(address.key), part) }, part);
      }
      const { digests } = staging;
      await commitNew(home, tag, { folder, digests, description: describe(facts, options) });
      return tag;
    }),
  );
}

/** Downloads objects into a folder, and tells the progress of all of them. */
class ObjectStaging {
  readonly digests: Record<string, string> = {};
  private done = 0;
  private total: number | undefined = 0;

  constructor(
    private readonly folder: string,
    private readonly options: TransferOptions,
  ) {}

  async take(address: S3Address, name: string): Promise<void> {
    const { signal, onProgress } = this.options;
    const { body, total } = await download(address, signal);
    this.total = total === undefined || this.total === undefined ? undefined : this.total + total;
    const onBytes = (count: number): void => onProgress?.((this.done += count), this.total);
    const { digest } = await stageFile(join(this.folder, name), body, { signal, onBytes });
    this.digests[name] = digest;
  }
}

/** @throws InvalidModelSourceError for names that leave the model's folder or are taken in it. */
function namesOf(externalFiles: readonly string[]): readonly string[] {
  const left = externalFiles.find((name) => faultOf(name) !== undefined);
  if (left !== undefined) throw refuseExternal(left);
  checkFileNames([ONNX_FILE, ...externalFiles]);
  return externalFiles;
}

function tagFor(file: string, { tag }: ImportModelOptions): Tag {
  return tag === undefined ? new Tag(nameOf(file)) : Tag.parse(tag);
}

type Facts = Omit<OnnxFile, 'externalFiles'>;

function describe(facts: Facts, { labels, metadata }: ImportModelOptions): ModelDescription {
  const signatures = isBatchable(facts) ? { run: { batchable: true } } : undefined;
  return { labels, metadata: { onnx: facts, ...metadata }, signatures };
}

/** A name by the grammar of tags that is like the file's. */
function nameOf(file: string): string {
  const text = basename(file, '.onnx').toLowerCase();
  const name = text.replaceAll(/[^a-z0-9._-]+/g, '_').replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return name.slice(0, 63).replace(/[^a-z0-9]+$/, '') || 'model';
}

/** @throws InvalidModelSourceError for what is not a regular file within the model's own folder. */
async function externalPath(file: string, name: string): Promise<string> {
  if (await isOwnFile(dirname(file), name)) return join(dirname(file), name);
  throw refuseExternal(name);
}

function refuseExternal(name: string): InvalidModelSourceError {
  return new InvalidModelSourceError(
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
function isBatchable({ inputs, outputs }: Facts): boolean {
  return [...inputs, ...outputs].every(({ shape: [first] }) => {
    return first !== undefined && (typeof first === 'string' || first < 0);
  });
}
