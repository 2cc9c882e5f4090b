import { fastDecimal, nearDecimal } from './decimal.js';
import { emptyBody, malformed, ragged, tooDeep, unexpected, wrongKind } from './json-errors.js';
import type { ScanPlace } from './json-errors.js';
import { NO_BYTES, readRun, run } from './run.js';
import type { LeafKind, Scan, ScanOptions } from './scan-result.js';
import { endOfString, readString } from './string.js';

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
const CLOSE = 0x5d;
const LOWER_E = 0x65;
const UPPER_E = 0x45;
const LETTER_F = 0x66;
const LETTER_T = 0x74;
const TRUE = Uint8Array.from(Buffer.from('true'));
const FALSE = Uint8Array.from(Buffer.from('false'));

/** After so many attempts in a row that found no run of plain decimals, none is made. */
const MAX_MISSES = 16;
/** A greater power of ten is not counted on: no body has the digits that would make up for it. */
const MAX_POWER = 1e15;

/**
 * Reads nested JSON lists of one kind of leaf in a single pass.
 *
 * @throws InvalidNdArrayError
 */
export function scan(bytes: Uint8Array, options: ScanOptions = {}): Scan {
  run.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return scanBytes(bytes, options);
  } finally {
    // A body must not be kept until the next one comes.
    run.view = NO_BYTES;
  }
}

/* oxlint-disable max-lines-per-function, max-depth -- the hot path: a call per byte or number would cost more than the number itself */
function scanBytes(bytes: Uint8Array, options: ScanOptions): Scan {
  const { keepsText = false, toFloat32 = false } = options;
  const maxDepth = Math.min(options.maxDepth ?? MAX_DEPTH, MAX_DEPTH);
  const end = bytes.length;
  let values = scratch;
  let capacity = values.length;
  const strings: string[] = [];
  let inexact: Map<number, string> | undefined;
  let kind = options.kind;
  const keepsIntegers = keepsText || kind === undefined;
  let buffer: Buffer | undefined;
  let length = 0;
  let largest = 0;
  let allIntegers = true;
  let depth = 0;
  let rank = -1;
  let deepest = 0;
  const shape: number[] = [];
  let at = 0;
  let mayClose = false;
  let misses = 0;

  for (;;) {
    let byte = bytes[at];
    while (byte <= SPACE && isSpace(byte)) byte = bytes[++at];

    let isValue = true;
    if (byte === OPEN) {
      if (rank !== -1 && depth >= rank)
        throw wrongKind(`a ${kind ?? 'number'}`, placeOf(bytes, at, depth));
      if (depth >= maxDepth) throw tooDeep(maxDepth, placeOf(bytes, at, depth));
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
        throw malformed(mayClose ? 'a value or "]"' : 'a value', placeOf(bytes, at, depth));
      }
      if (rank === -1) {
        if (depth < deepest) throw unexpected('a list', placeOf(bytes, at, depth));
        rank = depth;
      } else if (depth !== rank) {
        throw unexpected('a list', placeOf(bytes, at, depth));
      }
      kind ??= kindOf(byte);
      if (kind === 'string') {
        if (byte !== QUOTE) throw unexpected('a string', placeOf(bytes, at, depth));
        const close = endOfString(bytes, at);
        const text = readString((buffer ??= bufferOf(bytes)), at, close);
        if (text === undefined) {
          throw malformed('a string of valid UTF-8 and escapes', placeOf(bytes, at, depth));
        }
        strings.push(text);
        at = close;
        length++;
      } else if (kind === 'boolean') {
        const word = byte === LETTER_T ? TRUE : FALSE;
        if (!isWord(bytes, at, word)) throw unexpected('a boolean', placeOf(bytes, at, depth));
        if (length === capacity) {
          values = grow(values);
          capacity = values.length;
        }
        values[length++] = word === TRUE ? 1 : 0;
        at += word.length;
      } else {
        if (depth > 0 && misses < MAX_MISSES) {
          run.toFloat32 = toFloat32;
          run.largest = largest;
          run.allIntegers = allIntegers;
          const behind = readRun(bytes, at, values, length);
          misses = behind === at ? misses + 1 : 0;
          if (behind > at) {
            counts[depth] += run.length - length;
            ({ length, largest, allIntegers } = run);
            at = behind;
            mayClose = false;
            byte = bytes[at];
            if (byte !== MINUS && !(byte >= ZERO && byte <= NINE)) continue;
          }
        }
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
          const text = (buffer ??= bufferOf(bytes)).toString('latin1', start, at);
          value = Math.abs(Number(text));
          const isFirstBeyond = value === Infinity && largest !== Infinity;
          if (keepsText || (isInteger && keepsIntegers) || isFirstBeyond) {
            inexact ??= new Map();
            inexact.set(length, text);
          }
        } else if (keepsText && value > Number.MAX_SAFE_INTEGER) {
          // `1234567890123457e3`: rounded correctly, but to a double that is not the integer.
          inexact ??= new Map();
          inexact.set(length, (buffer ??= bufferOf(bytes)).toString('latin1', start, at));
        }
        if (value > largest) largest = value;
        if (!isInteger) allIntegers = false;
        if (length === capacity) {
          values = grow(values);
          capacity = values.length;
        }
        values[length++] = isNegative ? -value : value;
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

  for (; at < end; at++) {
    if (!isSpace(bytes[at])) throw malformed('the end', { bytes, at, index: [] });
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

// Not closures of the scan: what a closure captures, a loop reads from the heap.
function indexAt(levels: number): number[] {
  return Array.from(counts.subarray(1, levels + 1));
}

function placeOf(bytes: Uint8Array, at: number, depth: number): ScanPlace {
  return { bytes, at, index: indexAt(depth) };
}

function kindOf(byte: number): LeafKind {
  if (byte === QUOTE) return 'string';
  return byte === LETTER_T || byte === LETTER_F ? 'boolean' : 'number';
}

function grow(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isWord(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  if (at + word.length > bytes.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}
