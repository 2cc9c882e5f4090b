import { POWERS_OF_TEN } from './decimal.js';
import {
  GREATEST_WHOLE,
  LEAST_PLAIN,
  findScaled,
  found,
  shortestFloat32,
} from './shortest-float32.js';

// What another module exports is read anew at each use, which tells in a hot loop.
const POWERS = POWERS_OF_TEN;
const BEYOND_WHOLE = GREATEST_WHOLE;
const PLAIN = LEAST_PLAIN;
const decimal = found;

/** Longer than the text of any number and the comma behind it. */
const LONGEST = 32;
/** Room for the brackets of all dimensions. */
const SPARE = 128;
const FIRST_CAPACITY = 1 << 14;
/** A scratch above this is let go after its array, in bytes. */
const MAX_KEPT = 1 << 23;

const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Both digits of the numbers below 100. */
const TENS = Uint8Array.from({ length: 100 }, (_, i) => ZERO + Math.trunc(i / 10));
const ONES = Uint8Array.from({ length: 100 }, (_, i) => ZERO + (i % 10));

// Shared by all arrays, which are written synchronously.
let bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);

/**
 * Nested JSON lists of float32, as `shortestFloat32` writes each of them, null for what is not finite.
 * The digits go into bytes: the language's own text of a number costs several times as much.
 */
export function stringifyFloat32(numbers: Float32Array, shape: readonly number[]): string {
  const width = shape.at(-1) ?? 1;
  let row = 0;
  const writeLevel = (start: number, axis: number): number => {
    if (axis >= shape.length - 1) {
      reserve(start, width);
      const first = row++ * width;
      return shape.length === 0
        ? writeElement(bytes, start, numbers[0])
        : writeRow(start, numbers.subarray(first, first + width));
    }
    let at = start;
    reserve(at, 0);
    bytes[at++] = OPEN;
    for (let i = 0; i < shape[axis]; i++) {
      if (i > 0) bytes[at++] = COMMA;
      at = writeLevel(at, axis + 1);
    }
    bytes[at++] = CLOSE;
    return at;
  };
  const end = writeLevel(0, 0);
  const text = bytes.toString('latin1', 0, end);
  if (bytes.length > MAX_KEPT) bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  return text;
}

/** Makes sure that there is room behind an offset for so many numbers. */
function reserve(at: number, numbers: number): void {
  const needed = at + numbers * LONGEST + SPARE;
  if (needed <= bytes.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, bytes.length * 2));
  bytes.copy(larger, 0, 0, at);
  bytes = larger;
}

function writeRow(start: number, numbers: Float32Array): number {
  // A local variable stays in a register, which the module's own does not.
  const into = bytes;
  let at = start;
  into[at++] = OPEN;
  for (let i = 0; i < numbers.length; i++) {
    if (i > 0) into[at++] = COMMA;
    at = writeElement(into, at, numbers[i]);
  }
  into[at++] = CLOSE;
  return at;
}

function writeElement(into: Buffer, start: number, value: number): number {
  const magnitude = Math.abs(value);
  let at = start;
  if (magnitude < BEYOND_WHOLE) {
    if (value < 0 || (value === 0 && Object.is(value, -0))) into[at++] = MINUS;
    const whole = magnitude | 0;
    if (whole === magnitude) return writeWhole(into, at, whole);
    if (magnitude >= PLAIN && findScaled(magnitude)) {
      return writeScaled(into, at, decimal.scaled, decimal.places);
    }
  }
  const text = Number.isFinite(value) ? shortestFloat32(value) : 'null';
  return start + into.write(text, start, 'latin1');
}

function writeWhole(into: Buffer, start: number, whole: number): number {
  let width = 1;
  for (let rest = (whole / 10) | 0; rest > 0; rest = (rest / 10) | 0) width++;
  return writePadded(into, start, whole, width);
}

/** `scaled / 10^places`, which is less than 10^5 and no whole number. */
function writeScaled(into: Buffer, start: number, scaled: number, places: number): number {
  const scale = POWERS[places];
  const whole = scaled < scale ? 0 : (scaled / scale) | 0;
  let fraction = (scaled - whole * scale) | 0;
  let width = places;
  for (;;) {
    const tenth = (fraction / 10) | 0;
    if (tenth * 10 !== fraction) break;
    fraction = tenth;
    width--;
  }
  let at = start;
  if (whole === 0) into[at++] = ZERO;
  else at = writeWhole(into, at, whole);
  into[at++] = DOT;
  return writePadded(into, at, fraction, width);
}

/** So many digits of a whole number, which is less than 2^31, with zeros before it. */
function writePadded(into: Buffer, start: number, whole: number, width: number): number {
  let rest = whole | 0;
  let at = start + width;
  while (at - start >= 2) {
    const quotient = (rest / 100) | 0;
    const pair = rest - quotient * 100;
    into[--at] = ONES[pair];
    into[--at] = TENS[pair];
    rest = quotient;
  }
  if (at > start) into[start] = ZERO + rest;
  return start + width;
}
