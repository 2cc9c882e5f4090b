import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { Stats } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { packArchive } from './archive/pack-archive.js';
import { isAbsent } from './contained-path.js';
import { InvalidModelSourceError } from './model-store.errors.js';
import type { ModelEntry } from './model-store.js';
import { quote } from './quote.js';
import { isS3, isTaken, parseS3, upload } from './s3/s3.js';
import { listFiles } from './model-files.js';
import { TARGET, writing } from './write/not-writable.js';
import { stageFiles } from './write/save-model.js';
import type { TransferOptions } from './write/stage-file.js';
import { syncFolder } from './write/staging.js';

/** `bentomodel` and `gz` are tar with gzip; `xz` is tar with xz, by the program of that name. */
export type ExportFormat = 'bentomodel' | 'gz' | 'xz' | 'tar' | 'folder';

/** Options of `ModelStore.export`. */
export interface ExportModelOptions extends TransferOptions {
  /** @default by the target's end: .tar, .tar.gz, .tgz, .tar.xz and .txz; else bentomodel */
  format?: ExportFormat;
  /** Replaces what is at the target. @default false */
  overwrite?: boolean;
}

/** Writes a model to a path or an s3:// address; where it is then. */
export async function exportModel(
  model: ModelEntry,
  target: string,
  options: ExportModelOptions,
): Promise<string> {
  const format = options.format ?? formatOf(target);
  const files = await listFiles(model.folder);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (isS3(target)) return exportObject(model, target, { ...options, format, total });
  const path = await pathOf(model, target, format);
  if (!(await exists(dirname(path)))) {
    throw new InvalidModelSourceError(
      `Expected the folder ${quote(basename(dirname(path)))} to export to, got none. Make it first.`,
    );
  }
  if (options.overwrite !== true && (await exists(path))) throw taken(basename(path));
  const write = async (): Promise<string> => {
    const temporary = join(dirname(path), `.${basename(path)}-${randomUUID()}`);
    try {
      if (format === 'folder') {
        const paths = new Map(files.map(({ name, path: file }) => [name, file]));
        await mkdir(temporary);
        await stageFiles(temporary, paths, { ...options, total });
      } else {
        const archive = await archiveOf(model, { ...options, format, total });
        const file = createWriteStream(temporary, { flags: 'wx', flush: true });
        await pipeline(archive, file, { signal: options.signal });
      }
      await replace(temporary, path);
      await syncFolder(dirname(path));
      return path;
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  };
  return writing(`export to ${quote(basename(path))}`, write, TARGET);
}

type Exporting = ExportModelOptions & { readonly format: ExportFormat; readonly total: number };

/** The model as an archive, which tells its progress by the bytes that it has read. */
function archiveOf(
  model: ModelEntry,
  { format, onProgress, signal, total }: Exporting,
): Promise<Readable> {
  let done = 0;
  // Headers and padding come on top of the files.
  const onBytes = (count: number): void => onProgress?.(Math.min((done += count), total), total);
  const compression = format === 'tar' ? 'none' : format === 'xz' ? 'xz' : 'gzip';
  return packArchive(model.folder, { compression, signal, onBytes });
}

/** Moves a file or folder to a path; a folder that is there is deleted when the new one has its place. */
async function replace(from: string, path: string): Promise<void> {
  const old = `${from}-old`;
  const isFolder = (await statOf(path))?.isDirectory() === true;
  if (isFolder) await rename(path, old);
  try {
    await rename(from, path);
  } catch (error) {
    if (isFolder) await rename(old, path);
    throw error;
  }
  if (isFolder) await rm(old, { recursive: true, force: true });
}

async function exportObject(
  model: ModelEntry,
  target: string,
  options: Exporting,
): Promise<string> {
  const { format, overwrite, signal } = options;
  const wanted = parseS3(target.endsWith('/') ? target + nameFor(model, format) : target);
  if (format === 'folder') {
    throw new InvalidModelSourceError(
      'Expected an archive for an s3:// address, got the format folder. Leave --format out.',
    );
  }
  const address = `s3://${wanted.bucket}/${wanted.key}`;
  if (overwrite !== true && (await isTaken(wanted, signal))) throw taken(address);
  await upload(wanted, await archiveOf(model, options), signal);
  return address;
}

function formatOf(target: string): ExportFormat {
  if (target.endsWith('.tar')) return 'tar';
  if (/\.(bz2|zip)$/.test(target)) {
    throw new InvalidModelSourceError(
      `Expected a name that ends in .bentomodel, .tar, .tar.gz or .tar.xz, got ${quote(basename(target))}.`,
    );
  }
  if (/\.t?xz$/.test(target)) return 'xz';
  return /\.(tar\.gz|tgz|gz)$/.test(target) ? 'gz' : 'bentomodel';
}

const ENDS: Readonly<Record<ExportFormat, string>> = {
  bentomodel: '.bentomodel',
  gz: '.tar.gz',
  xz: '.tar.xz',
  tar: '.tar',
  folder: '',
};

function nameFor({ tag }: ModelEntry, format: ExportFormat): string {
  return `${tag.name}-${tag.version}${ENDS[format]}`;
}

/** A folder that exists gets a file of the model's name; so does a target that ends in a slash. */
async function pathOf(model: ModelEntry, target: string, format: ExportFormat): Promise<string> {
  const path = resolve(target);
  const found = await statOf(path);
  const isParent = found?.isDirectory() === true || /[\\/]$/.test(target);
  return isParent ? join(path, nameFor(model, format)) : path;
}

/** Undefined where nothing is; what cannot be looked at is an error. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await statOf(path)) !== undefined;
}

function taken(name: string): InvalidModelSourceError {
  return new InvalidModelSourceError(
    `Expected ${quote(name)} not to be there yet, got one. Choose another name, or overwrite it.`,
    { details: { name } },
  );
}
