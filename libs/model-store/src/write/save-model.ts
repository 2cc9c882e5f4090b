import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../contained-path.js';
import { parseModelInfo } from '../model-info.js';
import {
  InvalidModelSourceError,
  InvalidTagError,
  ModelExistsError,
} from '../model-store.errors.js';
import { Tag } from '../tag.js';
import { MODEL_YAML, checkFileNames, listFiles } from '../model-files.js';
import { takeAway } from './delete-model.js';
import { prepareLatest, updateLatest } from './latest.js';
import { writing } from './not-writable.js';
import { renderModelYaml } from './render-model-yaml.js';
import type { ModelDescription } from './render-model-yaml.js';
import { stageFile } from './stage-file.js';
import type { FileSource, TransferOptions } from './stage-file.js';
import { place, syncFolders, withStaging } from './staging.js';
import { nextVersion } from './version.js';

/** Options of `ModelStore.save`. */
export interface SaveModelOptions extends ModelDescription, TransferOptions {
  /** @default a ULID in lower case, which sorts behind all earlier ones */
  version?: string;
}

/** Where a model's files come from: a folder, a file, or files by the name they get. */
export type ModelSource = string | Readonly<Record<string, FileSource>>;

/** Saves a model's files under a tag. */
export async function saveModel(
  home: string,
  name: string,
  { source, ...options }: SaveModelOptions & { readonly source: ModelSource },
): Promise<Tag> {
  const tag = newTag(name, options.version);
  const { files, total } = await filesOf(source);
  checkFileNames(files.keys());
  return writing(`write model ${tag.toString()}`, () =>
    withStaging(home, async (folder) => {
      const digests = await stageFiles(folder, files, { ...options, total });
      await commitNew(home, tag, { folder, digests, description: options });
      return tag;
    }),
  );
}

/** A folder whose files are those of a new model, without a model.yaml. */
export interface StagedFiles {
  readonly folder: string;
  readonly digests: Readonly<Record<string, string>>;
  readonly description: ModelDescription;
}

/** Makes a new model of staged files, and puts it into the store. */
export async function commitNew(
  home: string,
  tag: Tag,
  { folder, digests, description }: StagedFiles,
): Promise<void> {
  const text = renderModelYaml(tag, description, digests);
  // What cannot be read again, such as metadata that JSON does not have, is refused here.
  parseModelInfo(text, tag);
  await writeFile(join(folder, MODEL_YAML), text, { flush: true });
  await commit(home, tag, folder);
}

/** @throws InvalidTagError also for the version `latest`, which stands for another one. */
export function newTag(name: string, version = nextVersion()): Tag {
  if (version !== 'latest') return new Tag(name, version);
  throw new InvalidTagError(
    'Expected a version of its own for a new model, got "latest", which stands for the newest. Leave it out.',
    { details: { part: 'version' } },
  );
}

/**
 * Puts a staged model into the store, and brings `latest` up to date.
 *
 * @throws ModelExistsError when the version is there.
 */
export async function commit(home: string, tag: Tag, folder: string): Promise<void> {
  await syncFolders(folder);
  const { name, version = '' } = tag;
  const prepared = await prepareLatest(home, version);
  try {
    if (!(await place(folder, join(home, 'models', name, version), home))) throw exists(tag);
    await updateLatest(home, name, prepared).catch(async (error: unknown) => {
      // Who is told that it failed may save it again.
      await takeAway(home, tag);
      throw error;
    });
  } finally {
    await rm(prepared.path, { force: true });
  }
}

function exists(tag: Tag): ModelExistsError {
  return new ModelExistsError(
    `Expected ${tag.toString()} to be new to the model store, which has it. Delete it first, or save another version.`,
    { details: { tag: tag.toString() } },
  );
}

type Files = ReadonlyMap<string, FileSource>;

async function filesOf(source: ModelSource): Promise<{ files: Files; total?: number }> {
  if (typeof source !== 'string') return { files: new Map(Object.entries(source)) };
  const found = await stat(source).catch((cause: unknown) => {
    throw new InvalidModelSourceError(
      `Expected a file or folder to save, got ${reasonOf(cause)}. Check the path.`,
      { cause },
    );
  });
  if (found.isDirectory()) {
    const files = await listFiles(source);
    return {
      files: new Map(files.map(({ name, path }) => [name, path])),
      total: files.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }
  const name = source.endsWith('.onnx') ? 'saved_model.onnx' : (source.split(/[\\/]/).at(-1) ?? '');
  return { files: new Map([[name, source]]), total: found.size };
}

/** Copies files into a folder; their digests by name. */
export async function stageFiles(
  folder: string,
  files: Files,
  { signal, onProgress, total }: TransferOptions & { readonly total?: number },
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  let done = 0;
  const onBytes = (count: number): void => onProgress?.((done += count), total);
  for (const [name, file] of files) {
    const { digest } = await stageFile(join(folder, name), file, { signal, onBytes });
    digests[name] = digest;
  }
  return digests;
}
