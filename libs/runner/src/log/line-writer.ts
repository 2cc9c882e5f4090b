import { writeSync } from 'node:fs';

/** A write of so many bytes to a pipe is whole or is none: processes that share it mix lines, not letters. */
const ATOMIC_BYTES = 4096;
/** Lines that can wait are written after so long, in milliseconds, or when a write is full. */
const SOON_MS = 20;
/** What nobody takes is kept up to this size; then lines are dropped, and counted. */
const MAX_BACKLOG_BYTES = 1024 * 1024;
/** Between two tries, in milliseconds: the first, doubled up to the last. */
const RETRY_MS = { first: 5, last: 1000 };
/** At the end of the process a reader who takes nothing is waited for so long, in milliseconds. */
const LAST_WAIT_MS = 100;

export interface LineWriterOptions {
  readonly fd: number;
  /** Makes the line that tells how many were dropped. */
  readonly describeDropped: (count: number) => string;
  /** Called before each write, to keep a pipe or socket from blocking. */
  readonly unblock?: () => void;
}

/**
 * Writes lines to a descriptor and never waits for who reads it: not for a pipe that nobody reads, a
 * reader that has gone, nor a disk that is full. What cannot be written is kept, tried again, and
 * beyond a bound dropped; how much was lost is said when it flows again.
 *
 * fs.write in the thread pool would do for a file only: a thread that waits for a full pipe keeps the
 * process from ending.
 */
export class LineWriter {
  /** Lines that can wait. */
  private soon = '';
  private timer: NodeJS.Timeout | undefined;
  /** What could not be written yet, in writes. */
  private readonly backlog: Buffer[] = [];
  private backlogBytes = 0;
  private retryMs = RETRY_MS.first;
  private dropped = 0;

  constructor(private readonly options: LineWriterOptions) {}

  /** Lines that were lost since it last flowed. */
  get droppedLines(): number {
    return this.dropped;
  }

  /** Writes a line, with its newline, at once. */
  write(line: string): void {
    if (this.soon !== '') this.flushSoon();
    this.put(line);
  }

  /** Writes a line, with its newline, together with others that come soon. */
  writeSoon(line: string): void {
    if (this.soon.length + line.length > ATOMIC_BYTES) this.flushSoon();
    this.soon += line;
    this.timer ??= setTimeout(this.flushSoon, SOON_MS).unref();
  }

  /** Writes what has waited. */
  readonly flushSoon = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { soon } = this;
    this.soon = '';
    if (soon !== '') this.put(soon);
  };

  /** Writes all that there is, for the end of the process: a reader has a moment to take it. */
  end(): void {
    this.flushSoon();
    let waitedMs = 0;
    while (this.backlog.length > 0 && waitedMs < LAST_WAIT_MS) {
      const before = this.backlogBytes;
      if (!this.drain()) return;
      waitedMs = this.backlogBytes < before ? 0 : waitedMs + RETRY_MS.first;
      if (this.backlog.length > 0) sleep(RETRY_MS.first);
    }
  }

  private put(text: string): void {
    if (this.backlog.length > 0) {
      this.keep(Buffer.from(text));
      return;
    }
    let written: number;
    try {
      written = this.writeNow(text);
    } catch {
      written = 0;
    }
    if (written === text.length && !isWide(text, written)) return;
    const rest = Buffer.from(text).subarray(written);
    if (rest.length === 0) return;
    this.keep(rest, 'begun');
    this.retry();
  }

  /**
   * What has begun must end, or the line after it is not whole either. Where lines are dropped, all are
   * until it flows again, so that there is one gap, and the line that tells of it is in its place.
   */
  private keep(chunk: Buffer, state: 'new' | 'begun' = 'new'): void {
    const isFull = this.dropped > 0 || this.backlogBytes + chunk.length > MAX_BACKLOG_BYTES;
    if (state === 'new' && isFull) {
      this.dropped += countLines(chunk);
      return;
    }
    this.backlog.push(chunk);
    this.backlogBytes += chunk.length;
  }

  private retry(): void {
    setTimeout(() => {
      const before = this.backlogBytes;
      this.drain();
      if (this.backlog.length === 0) {
        this.retryMs = RETRY_MS.first;
        this.tellDropped();
        return;
      }
      const hasFlowed = this.backlogBytes < before;
      this.retryMs = hasFlowed ? RETRY_MS.first : Math.min(this.retryMs * 2, RETRY_MS.last);
      this.retry();
    }, this.retryMs).unref();
  }

  /** Writes what is taken; false where it is more than a matter of waiting. */
  private drain(): boolean {
    try {
      for (let [chunk] = this.backlog; chunk !== undefined; [chunk] = this.backlog) {
        const written = this.writeNow(chunk);
        this.backlogBytes -= written;
        if (written === chunk.length) this.backlog.shift();
        else this.backlog[0] = chunk.subarray(written);
      }
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EAGAIN';
    }
    return true;
  }

  private writeNow(data: string | Buffer): number {
    this.options.unblock?.();
    return typeof data === 'string'
      ? writeSync(this.options.fd, data)
      : writeSync(this.options.fd, data);
  }

  private tellDropped(): void {
    const { dropped } = this;
    this.dropped = 0;
    if (dropped > 0) this.put(this.options.describeDropped(dropped));
  }
}

/** Whether a text has more bytes than letters. */
function isWide(text: string, length: number): boolean {
  return Buffer.byteLength(text) !== length;
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) count++;
  return count;
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
