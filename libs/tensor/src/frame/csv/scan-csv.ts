import { malformedFrame } from '../frame-errors.js';
import { nextTurn } from './next-turn.js';

/** Where the fields of a CSV body stand: the header's, then those of row after row. */
export interface CsvFields {
  readonly bytes: Buffer;
  /** Offset of each field; one in quotes begins with its quote. */
  readonly starts: Uint32Array;
  /** Fields of each row. */
  readonly width: number;
  /** Rows below the header. */
  readonly length: number;
}

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;

const FIRST_CAPACITY = 1024;
/** So much is scanned in about a millisecond; then others have their turn. */
const BLOCK_BYTES = 256 * 1024;

/**
 * Finds the fields of CSV: commas, fields in quotes, lines that end in LF, CR or CRLF; empty lines
 * are skipped. A field takes four bytes until its column is read, however short it is.
 *
 * @throws InvalidDataFrameError naming the line of what is no CSV.
 */
export async function scanCsv(bytes: Buffer): Promise<CsvFields> {
  const scanner = new CsvScanner(bytes);
  for (let until = BLOCK_BYTES; !scanner.scanRows(until); until += BLOCK_BYTES) await nextTurn();
  return scanner.fields();
}

/** Offset behind a field without quotes: that of the comma or line end, or of the end. */
export function endOfPlain(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && !isDelimiter(bytes[at])) at++;
  return at;
}

export function isDelimiter(byte: number): boolean {
  return byte === COMMA || byte === LF || byte === CR;
}

/** A field as text, without its quotes. */
export function fieldText(bytes: Buffer, start: number): string {
  if (bytes[start] !== QUOTE) return bytes.toString('utf8', start, endOfPlain(bytes, start));
  const end = endOfQuoted(bytes, start) - 1;
  return bytes.toString('utf8', start + 1, end).replaceAll('""', '"');
}

/** Offset behind the closing quote; 0 where there is none. */
function endOfQuoted(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] !== QUOTE) continue;
    if (bytes[at + 1] !== QUOTE) return at + 1;
    at++;
  }
  return 0;
}

class CsvScanner {
  private starts = new Uint32Array(FIRST_CAPACITY);
  private count = 0;
  private width = 0;
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** Goes on to the first row that begins behind `until`. @returns whether all is scanned. */
  scanRows(until: number): boolean {
    const { bytes } = this;
    const stop = Math.min(until, bytes.length);
    while (this.at < stop) {
      const byte = bytes[this.at];
      // An empty line, or the second half of CRLF.
      if (byte === LF || byte === CR) this.at++;
      else this.scanRow();
    }
    return this.at >= bytes.length;
  }

  fields(): CsvFields {
    const { bytes, starts, width, count } = this;
    return { bytes, starts, width, length: width === 0 ? 0 : count / width - 1 };
  }

  private scanRow(): void {
    const { bytes } = this;
    const first = this.count;
    let at = this.at;
    for (;;) {
      if (this.count === this.starts.length) this.grow();
      this.starts[this.count++] = at;
      at = bytes[at] === QUOTE ? this.behindQuoted(at, first) : this.behindPlain(at, first);
      if (bytes[at] !== COMMA) break;
      at++;
    }
    const width = this.count - first;
    if (this.width === 0) this.width = width;
    if (width !== this.width) {
      throw malformedFrame(
        `Expected as many fields in line ${this.lineAt(at)} as in the first, got ${width}. Put fields that hold commas in quotes.`,
      );
    }
    this.at = at;
  }

  private behindPlain(start: number, firstOfRow: number): number {
    const { bytes } = this;
    const { length } = bytes;
    let at = start;
    for (; at < length; at++) {
      const byte = bytes[at];
      if (byte > COMMA) continue;
      if (byte === COMMA || byte === LF || byte === CR) break;
      if (byte === QUOTE) throw this.strayQuote(at, firstOfRow);
    }
    return at;
  }

  private behindQuoted(start: number, firstOfRow: number): number {
    const { bytes } = this;
    const at = endOfQuoted(bytes, start);
    if (at === 0) {
      throw malformedFrame(
        `Expected a closing quote for the field that opens in line ${this.lineAt(start)}, got the end.`,
      );
    }
    if (at < bytes.length && !isDelimiter(bytes[at])) throw this.strayQuote(at, firstOfRow);
    return at;
  }

  private strayQuote(at: number, firstOfRow: number): Error {
    const field = this.count - firstOfRow - 1;
    return malformedFrame(
      `Expected quotes around whole fields only, got one inside field ${field} of line ${this.lineAt(at)}. Double a quote within quotes.`,
    );
  }

  /** Number of the line, as editors count them. */
  private lineAt(at: number): number {
    const before = this.bytes.toString('latin1', 0, at);
    return before.split(/\r\n|\r|\n/).length;
  }

  private grow(): void {
    const larger = new Uint32Array(this.starts.length * 2);
    larger.set(this.starts);
    this.starts = larger;
  }
}
