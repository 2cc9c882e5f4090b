import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { packArchive } from './archive/pack-archive.js';
import { InvalidModelSourceError } from './model-store.errors.js';
import type { ModelEntry } from './model-store.js';
import { quote } from './quote.js';
import { isS3, isTaken, parseS3, upload } from './s3/s3.js';
import { listFiles } from './model-files.js';
import { TARGET, writing } from './write/not-writable.js';
import { stageFiles } from './write/save-model.js';
import type { TransferOptions } from './write/stage-file.js';
import { syncFolder } from './write/staging.js';

/** `bentomodel` and `gz` are tar with gzip. */
export type ExportFormat = 'bentomodel' | 'gz' | 'tar' | 'folder';

/** Options of `ModelStore.export`. */
export interface ExportModelOptions extends TransferOptions {
  /** @default by the target's end: .tar, .tar.gz and .tgz; else bentomodel */
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
  if (isS3(target)) return exportObject(model, target, { ...options, format });
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
        if (options.overwrite === true) await rm(path, { recursive: true, force: true });
      } else {
        const archive = await packArchive(model.folder, { gzip: format !== 'tar' });
        await writeArchive(archive, temporary, { ...options, total });
      }
      await rename(temporary, path);
      await syncFolder(dirname(path));
      return path;
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  };
  return writing(`export to ${quote(basename(path))}`, write, TARGET);
}

type Exporting = ExportModelOptions & { readonly format: ExportFormat };

async function exportObject(
  model: ModelEntry,
  target: string,
  { format, overwrite, signal, onProgress }: Exporting,
): Promise<string> {
  const wanted = parseS3(target.endsWith('/') ? target + nameFor(model, format) : target);
  if (format === 'folder') {
    throw new InvalidModelSourceError(
      'Expected an archive for an s3:// address, got the format folder. Leave --format out.',
    );
  }
  const address = `s3://${wanted.bucket}/${wanted.key}`;
  if (overwrite !== true && (await isTaken(wanted))) throw taken(address);
  const archive = await packArchive(model.folder, { gzip: format !== 'tar' });
  await upload(wanted, archive, { signal, onBytes: (done) => onProgress?.(done) });
  return address;
}

async function writeArchive(
  archive: Readable,
  path: string,
  { signal, onProgress }: TransferOptions & { readonly total: number },
): Promise<void> {
  let done = 0;
  await pipeline(
    archive,
    async function* count(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        onProgress?.((done += chunk.length));
        yield chunk;
      }
    },
    createWriteStream(path, { flags: 'wx', flush: true }),
    { signal },
  );
}

function formatOf(target: string): ExportFormat {
  if (target.endsWith('.tar')) return 'tar';
  if (/\.(xz|bz2|zip)$/.test(target)) {
    throw new InvalidModelSourceError(
      `Expected a name that ends in .bentomodel, .tar or .tar.gz, got ${quote(basename(target))}; other compressions are only read.`,
    );
  }
  return /\.(tar\.gz|tgz|gz)$/.test(target) ? 'gz' : 'bentomodel';
}

const ENDS: Readonly<Record<ExportFormat, string>> = {
  bentomodel: '.bentomodel',
  gz: '.tar.gz',
  tar: '.tar',
  folder: '',
};

function nameFor({ tag }: ModelEntry, format: ExportFormat): string {
  return `${tag.name}-${tag.version}${ENDS[format]}`;
}

/** A folder that exists gets a file of the model's name; so does a target that ends in a slash. */
async function pathOf(model: ModelEntry, target: string, format: ExportFormat): Promise<string> {
  const path = resolve(target);
  const found = await stat(path).catch(() => undefined);
  const isParent = found?.isDirectory() === true || /[\\/]$/.test(target);
  return isParent ? join(path, nameFor(model, format)) : path;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function taken(name: string): InvalidModelSourceError {
  return new InvalidModelSourceError(
    `Expected ${quote(name)} not to be there yet, got one. Choose another name, or overwrite it.`,
    { details: { name } },
  );
}
