import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ArchiveLimits } from './archive/archive-limits.js';
import { unpackArchive } from './archive/unpack-archive.js';
import { reasonOf } from './contained-path.js';
import { importOnnx, importOnnxObject } from './import-onnx.js';
import { InvalidArchiveError, InvalidModelSourceError } from './model-store.errors.js';
import { download, isS3, parseS3 } from './s3/s3.js';
import { Tag } from './tag.js';
import { MODEL_YAML, listFiles } from './model-files.js';
import { writing } from './write/not-writable.js';
import { retag } from './write/retag.js';
import type { ImportChanges } from './write/retag.js';
import { commit, newTag, stageFiles } from './write/save-model.js';
import { openFile } from './write/stage-file.js';
import type { TransferOptions } from './write/stage-file.js';
import { withStaging } from './write/staging.js';

/** Options of `ModelStore.import`. */
export interface ImportModelOptions extends TransferOptions {
  /** Another name, or name and version. @default the model's own; for an .onnx file its name */
  tag?: string;
  /** Labels beside the model's own. */
  labels?: Readonly<Record<string, string>>;
  /** Metadata beside the model's own. */
  metadata?: Readonly<Record<string, unknown>>;
  /** Bounds of what an archive may become. */
  limits?: ArchiveLimits;
}

/** Takes a model from outside into the store. */
export async function importModel(
  home: string,
  source: string,
  options: ImportModelOptions,
): Promise<Tag> {
  // A wrong tag is told before anything is copied.
  if (options.tag !== undefined) {
    const { name, version } = Tag.parse(options.tag);
    if (version !== undefined) newTag(name, version);
  }
  if (isS3(source)) {
    const address = parseS3(source);
    if (address.key.endsWith('.onnx')) return importOnnxObject(home, address, options);
    return importArchive(home, () => download(address, options.signal), options);
  }
  const found = await stat(source).catch((cause: unknown) => {
    throw new InvalidModelSourceError(
      `Expected an archive, a folder or an .onnx file to import, got ${reasonOf(cause)}. Check the path.`,
      { cause },
    );
  });
  if (found.isDirectory()) return importFolder(home, source, options);
  if (source.endsWith('.onnx') && found.isFile()) return importOnnx(home, source, options);
  const open = async () => ({ body: await openFile(source, options.signal), total: found.size });
  return importArchive(home, open, options);
}

/** Opens the archive when its bytes are read at once: an error of a stream that nobody reads ends the process. */
type OpenArchive = () => Promise<{ readonly body: Readable; readonly total?: number }>;

async function importArchive(
  home: string,
  open: OpenArchive,
  options: ImportModelOptions,
): Promise<Tag> {
  return writing('import the model', () =>
    withStaging(home, async (folder) => {
      const { body, total } = await open();
      const digests = await unpackArchive(body, folder, { ...options, total });
      return commitStaged(home, folder, { digests, ...options });
    }),
  );
}

async function importFolder(
  home: string,
  source: string,
  options: ImportModelOptions,
): Promise<Tag> {
  const files = await listFiles(source);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  return writing('import the model', () =>
    withStaging(home, async (folder) => {
      const paths = new Map(files.map(({ name, path }) => [name, path]));
      const digests = await stageFiles(folder, paths, { ...options, total });
      return commitStaged(home, folder, { digests, ...options });
    }),
  );
}

interface StagedModel extends ImportChanges {
  readonly digests: Readonly<Record<string, string>>;
}

/** It is read whole, and takes a hundred times its size while it is parsed. */
const MAX_YAML_BYTES = 2 ** 20;

/** A folder with a model.yaml becomes the model that it says. */
async function commitStaged(
  home: string,
  folder: string,
  { digests, ...changes }: StagedModel,
): Promise<Tag> {
  const { [MODEL_YAML]: yaml, ...files } = digests;
  if (yaml === undefined || Object.keys(files).length === 0) {
    throw new InvalidArchiveError(
      'Expected a model.yaml and files of a model at the top of the archive or folder, got none. ' +
        'Export a model with BentoML or bentonest, or import the .onnx file itself.',
    );
  }
  const path = join(folder, MODEL_YAML);
  const { size } = await stat(path);
  if (size > MAX_YAML_BYTES) {
    throw new InvalidArchiveError(
      `Expected a model.yaml of at most ${MAX_YAML_BYTES} bytes, got ${size}. Export the model again.`,
    );
  }
  const { tag, text } = retag(await readFile(path, 'utf8'), files, changes);
  await writeFile(path, text, { flush: true });
  await commit(home, tag, folder);
  return tag;
}
