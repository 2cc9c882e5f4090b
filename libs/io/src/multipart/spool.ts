import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BodyBytes } from '../body-bytes.js';

/** The bytes that the files of one form may have in memory together. */
export class MemoryBudget {
  constructor(private left: number) {}

  take(bytes: number): boolean {
    if (bytes > this.left) return false;
    this.left -= bytes;
    return true;
  }
}

export interface SpoolOptions {
  readonly budget: MemoryBudget;
  readonly maxBytes?: number;
  readonly tooLarge: (maxBytes: number) => Error;
}

/** Written at once, however small the chunks. */
const WRITE_BYTES = 64 * 1024;

/** A part that has come whole. Destroying its stream frees what it takes. */
export interface SpooledPart {
  readonly stream: Readable;
  readonly size: number;
}

/** Keeps a part until its form has come whole: in memory, or in a temporary file if it is long. */
export async function spool(
  part: AsyncIterable<Buffer>,
  { budget, maxBytes = Infinity, tooLarge }: SpoolOptions,
): Promise<SpooledPart> {
  /** In memory for good, or on their way to the file. */
  const bytes = new BodyBytes();
  let file: FileHandle | undefined;
  let size = 0;
  try {
    for await (const chunk of part) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      bytes.add(chunk);
      if (file === undefined && budget.take(chunk.length)) continue;
      file ??= await openTemporary();
      // On a handle, each goes on where the last one ended.
      if (bytes.length >= WRITE_BYTES) await file.writeFile(bytes.take());
    }
    await file?.writeFile(bytes.take());
  } catch (error) {
    await file?.close();
    throw error;
  }
  return { stream: file?.createReadStream({ start: 0 }) ?? toReadable(bytes), size };
}

function toReadable(bytes: BodyBytes): Readable {
  return Readable.from(bytes.length === 0 ? [] : [bytes.take()], { objectMode: false });
}

/** A file without a name: nothing is left of it once it is closed, even by the death of the process. */
async function openTemporary(): Promise<FileHandle> {
  const path = join(tmpdir(), `bentonest-part-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}
