import { fastDecimal } from '../../json/decimal.js';
import { describeToken } from '../../json/json-errors.js';
import { endOfString, readString } from '../../json/string.js';
import { numberCell } from '../cells.js';
import type { FrameCell } from '../cells.js';
import { invalidCell, malformedFrame } from '../frame-errors.js';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const LOWER_E = 0x65;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const LOWER_CASE = 0x20;

const WORDS: readonly (readonly [Uint8Array, boolean | null])[] = [
  [Buffer.from('null'), null],
  [Buffer.from('true'), true],
  [Buffer.from('false'), false],
];

/** Keys that are remembered: as many as tables mostly have columns. */
const MAX_KEYS = 1024;

/** Digits whose sum is exact, and powers that then round once (json/decimal.ts). */
const MAX_DIGITS = 15;
const MAX_POWER = 22;

/**
 * Walks the JSON of a table: lists, objects and cells where the caller expects them. Nothing is built
 * on the way and nothing recurs, so that keys, depth and digits are whatever they are in the bytes.
 */
export class JsonReader {
  private readonly buffer: Buffer;
  private readonly keys: { readonly raw: Uint8Array; readonly text: string }[] = [];
  private at = 0;
  /** The last cell was a number with a fraction or an exponent. */
  isDecimal = false;

  constructor(
    private readonly bytes: Uint8Array,
    /** What to send, for messages. */
    private readonly cure: string,
  ) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** True where a list begins. */
  get isAtList(): boolean {
    return this.peek() === OPEN_LIST;
  }

  /** Calls `item` at the beginning of each item, which it must read. */
  list(what: string, item: (index: number) => void): void {
    this.expect(OPEN_LIST, what);
    if (this.skipIf(CLOSE_LIST)) return;
    for (let index = 0; ; index++) {
      item(index);
      if (this.skipIf(CLOSE_LIST)) return;
      this.expect(COMMA, '"," or "]"');
    }
  }

  /** Calls `field` at the beginning of each value, which it must read. */
  object(what: string, field: (key: string, index: number) => void): void {
    this.expect(OPEN_OBJECT, what);
    if (this.skipIf(CLOSE_OBJECT)) return;
    for (let index = 0; ; index++) {
      const key = this.key(index);
      this.expect(COLON, '":"');
      field(key, index);
      if (this.skipIf(CLOSE_OBJECT)) return;
      this.expect(COMMA, '"," or "}"');
    }
  }

  /** Mostly the one that stood there in the row before: then it is compared, and not made again. */
  private key(index: number): string {
    const known = index < MAX_KEYS ? this.keys[index] : undefined;
    const isHere = this.peek() === QUOTE && known !== undefined;
    if (isHere && startsWith(this.bytes, this.at, known.raw)) {
      this.at += known.raw.length;
      return known.text;
    }
    const start = this.at;
    const text = this.string('a key in quotes');
    if (index < MAX_KEYS) this.keys[index] = { raw: this.bytes.subarray(start, this.at), text };
    return text;
  }

  string(what: string): string {
    if (this.peek() !== QUOTE) throw this.unexpected(what);
    const end = endOfString(this.bytes, this.at);
    const text = readString(this.buffer, this.at, end);
    if (text === undefined) throw this.unexpected('a string of valid UTF-8 and escapes');
    this.at = end;
    return text;
  }

  /** A value that is neither list nor object; row and column are for messages. */
  cell(row: number, column: string): FrameCell {
    const byte = this.peek();
    this.isDecimal = false;
    if (byte === QUOTE) return this.string('a string');
    if (byte === MINUS || isDigit(byte)) return this.number();
    for (const [word, value] of WORDS) {
      if (!startsWith(this.bytes, this.at, word)) continue;
      this.at += word.length;
      return value;
    }
    throw this.at >= this.bytes.length
      ? this.unexpected('a value')
      : invalidCell('a number, a string, true, false or null', this.token(), { column, row });
  }

  /** Nothing may follow but white space. */
  end(): void {
    if (this.peek() !== -1) throw this.unexpected('the end');
  }

  unexpected(expected: string): Error {
    const got = this.peek() === -1 ? 'the end' : this.token();
    return malformedFrame(`Expected ${expected} at byte ${this.at}, got ${got}. ${this.cure}`);
  }

  private number(): FrameCell {
    const { bytes } = this;
    const start = this.at;
    const isNegative = bytes[start] === MINUS;
    let at = isNegative ? start + 1 : start;
    const first = at;
    let mantissa = 0;
    for (; isDigit(bytes[at]); at++) mantissa = mantissa * 10 + bytes[at] - ZERO;
    let digits = at - first;
    let power = 0;
    if (digits === 0 || (bytes[first] === ZERO && digits > 1)) throw this.unexpected('a number');
    if (bytes[at] === DOT) {
      const point = ++at;
      for (; isDigit(bytes[at]); at++) mantissa = mantissa * 10 + bytes[at] - ZERO;
      power = point - at;
      digits -= power;
      this.isDecimal = true;
      if (power === 0) throw this.unexpected('a number with digits behind its point');
    }
    const hasExponent = (bytes[at] | LOWER_CASE) === LOWER_E;
    if (hasExponent) at = this.exponent(at);
    this.at = at;
    if (hasExponent || digits > MAX_DIGITS || power < -MAX_POWER) {
      return numberCell(this.buffer.toString('latin1', start, at), this.isDecimal);
    }
    const value = fastDecimal(mantissa, power);
    return isNegative ? -value : value;
  }

  private token(): string {
    return describeToken({ bytes: this.bytes, at: this.at });
  }

  /** Offset behind it. */
  private exponent(start: number): number {
    const { bytes } = this;
    this.isDecimal = true;
    let at = start + 1;
    if (bytes[at] === PLUS || bytes[at] === MINUS) at++;
    const first = at;
    while (isDigit(bytes[at])) at++;
    if (at === first) throw this.unexpected('a number with digits in its exponent');
    return at;
  }

  private expect(byte: number, what: string): void {
    if (!this.skipIf(byte)) throw this.unexpected(what);
  }

  private skipIf(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  /** The next byte that is no white space, -1 at the end. */
  private peek(): number {
    const { bytes } = this;
    let { at } = this;
    while (at < bytes.length && isSpace(bytes[at])) at++;
    this.at = at;
    return at < bytes.length ? bytes[at] : -1;
  }
}

function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}
