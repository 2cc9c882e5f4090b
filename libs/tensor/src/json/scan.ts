import { fastDecimal, nearDecimal } from './decimal.js';
import { emptyBody, malformed, ragged, tooDeep, wrongKind } from './json-errors.js';

/** What the leaves of an array are. */
export type LeafKind = 'number' | 'boolean' | 'string';

/** What one pass over the bytes found. Valid until the next scan: `numbers` is shared scratch. */
export interface Scan {
  readonly kind: LeafKind;
  readonly shape: readonly number[];
  readonly length: number;
  /** Numbers, or 0 and 1 for booleans, in the first `length` places. */
  readonly numbers: Float64Array;
  readonly strings: readonly string[];
  /** Greatest magnitude among the numbers. */
  readonly largest: number;
  /** No number had a fraction or an exponent. */
  readonly allIntegers: boolean;
  /** Text of integers, or with `keepsText` of all numbers, that may not be exact as a double. */
  readonly inexact: ReadonlyMap<number, string>;
}

/** Options of {@link scan}. */
export interface ScanOptions {
  /** What the leaves must be; without it, the first one decides. */
  kind?: LeafKind;
  maxDepth?: number;
  /** Keeps the text of every number that may not be exact, for integers written as `1e3`. */
  keepsText?: boolean;
  /** The numbers will be rounded to float32: doubles need only be near enough for that. */
  toFloat32?: boolean;
}

const FIRST_CAPACITY = 1024;
/** A scratch above this is let go after its scan, in elements: 8 MiB. */
const MAX_KEPT = 1 << 20;
const MAX_DEPTH = 32;

// Shared by all scans, which are synchronous: a number then costs no allocation.
let scratch = new Float64Array(FIRST_CAPACITY);
const counts = new Int32Array(MAX_DEPTH + 2);

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
const NINE = 0x39;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;
const LOWER_E = 0x65;
const UPPER_E = 0x45;
const LETTER_F = 0x66;
const LETTER_T = 0x74;

/** A greater power of ten makes zero or infinity of any number; it is not counted on. */
const MAX_POWER = 1e6;

/**
 * Reads nested JSON lists of one kind of leaf in a single pass.
 *
 * @throws InvalidNdArrayError
 */
/* oxlint-disable max-lines-per-function, max-depth -- the hot path: a call per byte or number would cost more than the number itself */
export function scan(bytes: Uint8Array, options: ScanOptions = {}): Scan {
  const { keepsText = false, toFloat32 = false } = options;
  const maxDepth = Math.min(options.maxDepth ?? MAX_DEPTH, MAX_DEPTH);
  const end = bytes.length;
  let values = scratch;
  let capacity = values.length;
  const strings: string[] = [];
  let inexact: Map<number, string> | undefined;
  let kind = options.kind;
  let length = 0;
  let largest = 0;
  let allIntegers = true;
  let depth = 0;
  let rank = -1;
  let deepest = 0;
  const shape: number[] = [];
  let at = 0;
  let mayClose = false;

  for (;;) {
    let byte = bytes[at];
    while (byte <= SPACE && isSpace(byte)) byte = bytes[++at];

    let isValue = true;
    if (byte === OPEN) {
      if (rank !== -1 && depth >= rank)
        throw wrongKind(`a ${kind ?? 'number'}`, placeOf(bytes, at, depth));
      if (depth >= maxDepth) throw tooDeep(maxDepth, at);
      depth++;
      if (depth > deepest) {
        deepest = depth;
        shape.push(-1);
      }
      counts[depth] = 0;
      at++;
      mayClose = true;
      continue;
    }
    if (byte === CLOSE && mayClose) {
      isValue = false;
    } else {
      if (at >= end) {
        if (depth === 0) throw emptyBody();
        throw malformed('a value or "]"', placeOf(bytes, at, depth));
      }
      if (rank === -1) {
        if (depth < deepest) throw wrongKind('a list', placeOf(bytes, at, depth));
        rank = depth;
      } else if (depth !== rank) {
        throw wrongKind('a list', placeOf(bytes, at, depth));
      }
      kind ??= kindOf(byte);
      if (kind === 'string') {
        if (byte !== QUOTE) throw unexpected('a string', placeOf(bytes, at, depth));
        const close = endOfString(bytes, at);
        strings.push(readString(bytes, at, close, depth));
        at = close;
        length++;
      } else if (kind === 'boolean') {
        const word = byte === LETTER_T ? 4 : 5;
        if (!isBoolean(bytes, at)) throw unexpected('a boolean', placeOf(bytes, at, depth));
        if (length === capacity) {
          values = grow(values);
          capacity = values.length;
        }
        values[length++] = word === 4 ? 1 : 0;
        at += word;
      } else {
        // A list of numbers is read here to its end: only its last one goes on to the loop below.
        for (;;) {
          const start = at;
          const isNegative = byte === MINUS;
          if (isNegative) byte = bytes[++at];
          if (!(byte >= ZERO && byte <= NINE)) {
            at = start;
            throw unexpected('a number', placeOf(bytes, at, depth));
          }
          let mantissa = byte - ZERO;
          let exponent = 0;
          let isInteger = true;
          byte = bytes[++at];
          if (mantissa !== 0) {
            while (byte >= ZERO && byte <= NINE) {
              mantissa = mantissa * 10 + (byte - ZERO);
              byte = bytes[++at];
            }
          }
          if (byte === DOT) {
            isInteger = false;
            const first = ++at;
            byte = bytes[at];
            while (byte >= ZERO && byte <= NINE) {
              mantissa = mantissa * 10 + (byte - ZERO);
              byte = bytes[++at];
            }
            exponent = first - at;
            if (exponent === 0) throw malformed('a digit', placeOf(bytes, at, depth));
          }
          if (byte === LOWER_E || byte === UPPER_E) {
            isInteger = false;
            byte = bytes[++at];
            const isBelow = byte === MINUS;
            if (isBelow || byte === PLUS) byte = bytes[++at];
            if (!(byte >= ZERO && byte <= NINE))
              throw malformed('a digit', placeOf(bytes, at, depth));
            let power = 0;
            do {
              if (power < MAX_POWER) power = power * 10 + (byte - ZERO);
              byte = bytes[++at];
            } while (byte >= ZERO && byte <= NINE);
            exponent += isBelow ? -power : power;
          }
          let value = fastDecimal(mantissa, exponent);
          if (toFloat32 && !(value >= 0)) value = nearDecimal(mantissa, exponent);
          if (!(value >= 0)) {
            const text = textOf(bytes, start, at);
            value = Math.abs(Number(text));
            if (isInteger || keepsText) {
              inexact ??= new Map();
              inexact.set(length, text);
            }
          }
          if (value > largest) largest = value;
          if (!isInteger) allIntegers = false;
          if (length === capacity) {
            values = grow(values);
            capacity = values.length;
          }
          values[length++] = isNegative ? -value : value;
          if (byte !== COMMA || depth === 0) break;
          const next = bytes[at + 1] === SPACE ? at + 2 : at + 1;
          byte = bytes[next];
          if (byte !== MINUS && !(byte >= ZERO && byte <= NINE)) break;
          counts[depth]++;
          at = next;
        }
      }
    }

    // Behind a value, or at the end of an empty list: close what ends here.
    for (;;) {
      if (isValue) {
        if (depth === 0) break;
        counts[depth]++;
      }
      byte = bytes[at];
      while (byte <= SPACE && isSpace(byte)) byte = bytes[++at];
      if (byte === COMMA && isValue) break;
      if (byte !== CLOSE) throw malformed('"," or "]"', placeOf(bytes, at, depth));
      const size = counts[depth];
      const known = shape[depth - 1];
      if (known === -1) shape[depth - 1] = size;
      else if (known !== size) throw ragged(known, size, indexAt(depth - 1));
      depth--;
      at++;
      isValue = true;
    }
    if (depth === 0) break;
    at++;
    mayClose = false;
  }

  for (let byte = bytes[at]; at < end; byte = bytes[++at]) {
    if (isSpace(byte)) continue;
    throw malformed('the end', { bytes, at, index: [] });
  }
  if (values.length > MAX_KEPT) scratch = new Float64Array(FIRST_CAPACITY);
  else scratch = values;
  return {
    kind: kind ?? 'number',
    shape,
    length,
    numbers: values,
    strings,
    largest,
    allIntegers,
    inexact: inexact ?? NONE,
  };
}

/* oxlint-enable max-lines-per-function, max-depth */

const NONE: ReadonlyMap<number, string> = new Map();

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}

type Place = { bytes: Uint8Array; at: number; index: number[] };

// Not closures of the scan: what a closure captures, a loop reads from the heap.
function indexAt(levels: number): number[] {
  return Array.from(counts.subarray(1, levels + 1));
}

function placeOf(bytes: Uint8Array, at: number, depth: number): Place {
  return { bytes, at, index: indexAt(depth) };
}

function kindOf(byte: number): LeafKind {
  if (byte === QUOTE) return 'string';
  return byte === LETTER_T || byte === LETTER_F ? 'boolean' : 'number';
}

/** Another kind of value, where its text is one; else bytes that are no JSON. */
function unexpected(expected: string, place: Place): Error {
  const text = textOf(place.bytes, place.at, Math.min(place.at + 10, place.bytes.length));
  return /^(["{[]|true|false|null|-?(NaN|Infinity)|-?\d)/.test(text)
    ? wrongKind(expected, place)
    : malformed(place.index.length === 0 ? `${expected} or a list` : expected, place);
}

function grow(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

function isBoolean(bytes: Uint8Array, at: number): boolean {
  return /^(true|false)/.test(textOf(bytes, at, Math.min(at + 5, bytes.length)));
}

/** Offset behind the closing quote, or of the end. */
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(at + 1, bytes.length);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readString(bytes: Uint8Array, start: number, end: number, depth: number): string {
  try {
    return JSON.parse(utf8.decode(bytes.subarray(start, end))) as string;
  } catch {
    throw malformed('a string of valid UTF-8 and escapes', placeOf(bytes, start, depth));
  }
}
