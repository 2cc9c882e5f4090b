import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

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
    toStream(source),
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

function toStream(source: FileSource): Readable {
  if (typeof source === 'string') return createReadStream(source, { highWaterMark: CHUNK_BYTES });
  // A buffer is one chunk; from() would take each of its bytes for one.
  return source instanceof Uint8Array ? Readable.from([Buffer.from(source)]) : source;
}
