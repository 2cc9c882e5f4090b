import { createHash } from 'node:crypto';
import { closeSync, createReadStream, createWriteStream, fstatSync, open } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { reasonOf } from '../contained-path.js';
import { InvalidModelSourceError } from '../model-store.errors.js';
import { quote } from '../quote.js';

/** What may end a transfer, and hears of its progress. */
export interface TransferOptions {
  /** Ends it: nothing is kept. */
  signal?: AbortSignal;
  /** Bytes so far, and of all where that is known. */
  onProgress?: (done: number, total?: number) => void;
}

/** Bytes, a stream of them, or the path of a file. */
export type FileSource = string | Uint8Array | Readable;

/** A file that was written to the disk. */
export interface StagedFile {
  readonly bytes: number;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/** Copies a source to a new file, through to the disk, in constant memory. */
export async function stageFile(
  target: string,
  source: FileSource,
  options: { signal?: AbortSignal; onBytes?: (count: number) => void } = {},
): Promise<StagedFile> {
  await mkdir(dirname(target), { recursive: true });
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    await toStream(source),
    async function* count(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        options.onBytes?.(chunk.length);
        yield chunk;
      }
    },
    createWriteStream(target, { flags: 'wx', flush: true }),
    { signal: options.signal },
  );
  return { bytes, digest: `sha256:${hash.digest('hex')}` };
}

const CHUNK_BYTES = 1 << 20;

/** The bytes of a file or a named pipe, for somebody who reads them at once. @throws InvalidModelSourceError */
export async function openFile(path: string, signal?: AbortSignal): Promise<Readable> {
  try {
    const fd = await openUnlessAborted(path, signal);
    const isPipe = fstatSync(fd).isFIFO();
    // A read of a file that waits for a pipe's writer can neither be ended nor left behind.
    if (isPipe) return new Socket({ fd, readable: true, writable: false });
    return createReadStream(path, { fd, highWaterMark: CHUNK_BYTES });
  } catch (cause) {
    throw signal?.aborted === true ? cause : unreadable(basename(path), cause);
  }
}

/** The opening of a pipe waits for who writes to it; who gives up does not wait. */
function openUnlessAborted(path: string, signal?: AbortSignal): Promise<number> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
    open(path, (error, fd) => {
      signal?.removeEventListener('abort', abort);
      if (error !== null) reject(error);
      else if (signal?.aborted === true) closeSync(fd);
      else resolve(fd);
    });
  });
}

/** The error of a file that should be copied and cannot be read. */
export function unreadable(name: string, cause: unknown): InvalidModelSourceError {
  return new InvalidModelSourceError(
    `Expected to read ${quote(name)}, got ${reasonOf(cause)}. Check that it is a file, and its permissions.`,
    { details: { name }, cause },
  );
}

async function toStream(source: FileSource): Promise<Readable> {
  if (typeof source === 'string') return openFile(source);
  // A buffer is one chunk; from() would take each of its bytes for one.
  return source instanceof Uint8Array ? Readable.from([Buffer.from(source)]) : source;
}
