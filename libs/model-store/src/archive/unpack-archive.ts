import { join } from 'node:path';
import { Readable, Writable, addAbortSignal } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BentoError } from 'bentonest/errors';
import { Parser } from 'tar';
import type { ReadEntry } from 'tar';
import { InvalidArchiveError } from '../model-store.errors.js';
import { stageFile } from '../write/stage-file.js';
import type { TransferOptions } from '../write/stage-file.js';
import { ArchiveJudge } from './archive-limits.js';
import type { ArchiveLimits } from './archive-limits.js';
import { decompress } from './decompress.js';

/** Options of {@link unpackArchive}. */
export interface UnpackOptions extends TransferOptions {
  readonly limits?: ArchiveLimits;
  /** Size of the archive, for the progress. */
  readonly total?: number;
}

/**
 * Unpacks an archive into a new folder, in constant memory. The first entry that no model has refuses
 * all of it, and leaves the folder to be deleted.
 *
 * @returns The digests by file name.
 * @throws InvalidArchiveError
 */
export async function unpackArchive(
  archive: Readable,
  folder: string,
  options: UnpackOptions = {},
): Promise<Record<string, string>> {
  const unpacking = new Unpacking(folder, options);
  // Who waits for the first byte hears of an abort, too; and who does not wait yet is not ended by it.
  if (options.signal !== undefined) addAbortSignal(options.signal, archive);
  archive.on('error', () => undefined);
  try {
    const counted = Readable.from(unpacking.count(archive), { objectMode: false });
    await pipeline(await decompress(counted), unpacking.sink(), { signal: options.signal });
    return unpacking.digests;
  } catch (cause) {
    await unpacking.stop();
    throw toArchiveError(cause);
  } finally {
    archive.destroy();
  }
}

class Unpacking {
  readonly digests: Record<string, string> = {};
  private readonly judge: ArchiveJudge;
  private archiveBytes = 0;
  private fileBytes = 0;
  private hasEnd = false;
  private last: Promise<void> = Promise.resolve();
  private readonly stopped = new AbortController();

  constructor(
    private readonly folder: string,
    private readonly options: UnpackOptions,
  ) {
    this.judge = new ArchiveJudge(options.limits ?? {});
  }

  async *count(archive: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of archive as AsyncIterable<Buffer>) {
      this.archiveBytes += chunk.length;
      this.options.onProgress?.(this.archiveBytes, this.options.total);
      yield chunk;
    }
  }

  /** Takes the bytes of a tar, and is done when the last file is on the disk. */
  sink(): Writable {
    const parser = new Parser({ strict: true });
    const ended = new Promise<void>((resolve) => parser.once('end', resolve));
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (parser.write(chunk)) done();
        else parser.once('drain', () => done());
      },
      final: (done) => {
        parser.end();
        void this.finish(ended, done);
      },
    });
    parser.on('error', (error: Error) => sink.destroy(error));
    parser.on('eof', () => (this.hasEnd = true));
    const take = (entry: ReadEntry): void => {
      // One after the other, as they come; the parser waits for whoever reads an entry.
      this.last = this.last.then(() => this.take(entry));
      this.last.catch((error: Error) => sink.destroy(error));
    };
    parser.on('entry', take);
    // Of a type that the parser would leave out, such as GNU tar's sparse files: to be refused.
    parser.on('ignoredEntry', take);
    return sink;
  }

  private async finish(ended: Promise<void>, done: (error?: Error) => void): Promise<void> {
    try {
      await ended;
      await this.last;
      // A tar that is cut between two files looks whole but for its end.
      if (!this.hasEnd) throw new Error('No end of archive.');
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  }

  /** Nothing is written any more when it is done: the folder can be deleted. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.last.catch(() => undefined);
  }

  private async take(entry: ReadEntry): Promise<void> {
    const { path, type, size } = entry;
    const name = this.judge.judge({ path, type, size });
    if (name === undefined) {
      entry.resume();
      return;
    }
    const onBytes = (count: number): void => {
      this.fileBytes += count;
      this.judge.checkRatio(this.archiveBytes, this.fileBytes);
    };
    const bytes = Readable.from(entry as AsyncIterable<Buffer>, { objectMode: false });
    const { digest } = await stageFile(join(this.folder, name), bytes, {
      onBytes,
      signal: this.stopped.signal,
    });
    this.digests[name] = digest;
  }
}

/** Errors of this process and its disk are no fault of the archive. */
function toArchiveError(cause: unknown): unknown {
  const { code = '', name, syscall } = cause as NodeJS.ErrnoException;
  const isOurs =
    cause instanceof BentoError ||
    cause instanceof TypeError ||
    name === 'AbortError' ||
    syscall !== undefined;
  // ENOSPC of a stream has no syscall.
  if (isOurs || /^E[A-Z]+$/.test(code)) return cause;
  return new InvalidArchiveError(
    'Expected a tar archive of a model (plain, gzip or xz), got one that is damaged or none. Copy or export it again.',
    { cause },
  );
}
