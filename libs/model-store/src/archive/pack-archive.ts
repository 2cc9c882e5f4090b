import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { create } from 'tar';
import { unreadable } from '../write/stage-file.js';
import { compressXz } from './compress-xz.js';

/** Options of {@link packArchive}. */
export interface PackOptions {
  readonly compression: 'gzip' | 'xz' | 'none';
  readonly signal?: AbortSignal;
  /** Hears of the archive's bytes before they are compressed. */
  readonly onBytes?: (count: number) => void;
}

/**
 * The bytes of a model's folder as a tar archive, its files at the top as BentoML has them. Nothing is
 * read before somebody reads it, who then hears of its errors.
 */
export async function packArchive(folder: string, options: PackOptions): Promise<Readable> {
  const names = (await readdir(folder)).toSorted();
  const tar = pack(folder, names, options);
  return Readable.from(compress(tar, options), { objectMode: false });
}

function compress(
  tar: AsyncGenerator<Buffer>,
  { compression, signal }: PackOptions,
): AsyncGenerator<Buffer> {
  if (compression === 'none') return tar;
  return compression === 'xz' ? compressXz(tar, signal) : gzipped(tar);
}

async function* pack(
  folder: string,
  names: readonly string[],
  { onBytes }: PackOptions,
): AsyncGenerator<Buffer> {
  // portable: nothing of this machine's users is told. A name that begins with "@" is one, too.
  const archive = create(
    { cwd: folder, portable: true, strict: true },
    names.map((name) => `./${name}`),
  );
  try {
    for await (const chunk of archive as AsyncIterable<Buffer>) {
      onBytes?.(chunk.length);
      yield chunk;
    }
  } catch (cause) {
    const { path, syscall } = cause as NodeJS.ErrnoException;
    throw syscall === undefined ? cause : unreadable(basename(path ?? folder), cause);
  }
}

async function* gzipped(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gzip = createGzip();
  const packing = pipeline(bytes, gzip);
  // It destroys gzip with the error, which is told to who reads.
  packing.catch(() => undefined);
  yield* gzip as AsyncIterable<Buffer>;
}
