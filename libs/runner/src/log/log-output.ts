import { LineWriter } from './line-writer.js';
import type { LogFormat } from './log-levels.js';
import { createReadable } from './readable.js';
import type { Readable } from './readable.js';

const STDOUT = 1;
const WARN = 40;

/**
 * Node makes a pipe non-blocking when process.stdout is first asked for. But whether it blocks is shared by
 * all processes that have it, and each child makes it blocking again as it starts, and as it ends: the
 * write after that would wait for ever where nobody reads.
 */
interface StandardStream {
  readonly isTTY?: boolean;
  readonly _handle?: { readonly setBlocking?: (isBlocking: boolean) => unknown } | null;
}

let shared: LineWriter | undefined;

/** Standard output, one for the process; it is emptied when the process exits, also by an error. */
function standardOutput(): LineWriter {
  if (shared !== undefined) return shared;
  // A reader that has gone is no reason to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const { _handle: handle, isTTY } = process.stdout as StandardStream;
  const unblock = (): void => void handle?.setBlocking?.(false);
  const writer = new LineWriter({
    fd: STDOUT,
    describeDropped,
    ...(isTTY ? {} : { unblock }),
  });
  process.on('exit', () => writer.end());
  shared = writer;
  return writer;
}

/** Where lines of the log go: they come as JSON, and are shown in the format that was asked for. */
export class LogOutput {
  private readonly writer = standardOutput();
  private readonly readable: Readable | undefined;

  constructor(readonly format: LogFormat) {
    if (format === 'pretty') this.readable = createReadable();
  }

  /** Lines that were lost since standard output last flowed. */
  get droppedLines(): number {
    return this.writer.droppedLines;
  }

  /** Writes a line of JSON, with its newline, at once. */
  write(line: string): void {
    this.writer.write(this.readable === undefined ? line : this.readable(line));
  }

  /** Writes a line of JSON, with its newline, together with others that come within some 20 ms. */
  writeSoon(line: string): void {
    if (this.readable === undefined) this.writer.writeSoon(line);
    else this.writer.write(this.readable(line));
  }

  /** Writes what has waited. */
  flush(): void {
    this.writer.flushSoon();
  }
}

function describeDropped(count: number): string {
  const record = {
    level: WARN,
    time: Date.now(),
    pid: process.pid,
    context: 'Log',
    dropped: count,
    msg: `${count} lines of the log were dropped: what reads it was too slow, or had no room.`,
  };
  return `${JSON.stringify(record)}\n`;
}
