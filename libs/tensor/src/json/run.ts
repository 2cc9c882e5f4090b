import { MAX_EXACT_MANTISSA, MAX_EXACT_POWER, POWERS_OF_TEN, nearDecimal } from './decimal.js';

// What another module exports is read anew at each use: a tenth of the time of this loop.
const POWERS = POWERS_OF_TEN;
const EXACT_MANTISSA = MAX_EXACT_MANTISSA;
const EXACT_POWER = MAX_EXACT_POWER;

const SPACE = 0x20;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;

export const NO_BYTES: DataView = new DataView(new ArrayBuffer(0));

/** What {@link readRun} goes on from, and what it found; shared, for a run must not allocate. */
export const run = {
  length: 0,
  largest: 0,
  allIntegers: true,
  toFloat32: false,
  /** Of the same bytes, while they are read. */
  view: NO_BYTES,
};

// Four digits in one word: a byte below "0" or above "9" shows in one of the high halves of its byte,
// as it is or with 6 added.
const HIGH_HALVES = 0xf0f0f0f0 | 0;
const LOW_HALVES = 0x0f0f0f0f;
const SIXES = 0x06060606;
const FOUR_DIGITS = 0x33333333;
const FOUR_ZEROS = 0x30303030;
/** `0.`, with which most fractions begin. */
const ZERO_POINT = 0x2e30;

/**
 * Reads plain decimals that a comma follows, `0.25,-3, 17,`, into `values` from `length` on, and
 * stops before whatever is not one, which is the scanner's to judge. A function of its own, because
 * its few variables then stay in registers: numbers of this kind are nearly all that comes.
 *
 * @returns Offset behind the last comma that belongs to it, `start` if there is none.
 */
/* oxlint-disable max-lines-per-function, max-depth -- the hot path: a call per number would cost more than the number itself */
export function readRun(
  bytes: Uint8Array,
  start: number,
  values: Float64Array,
  length: number,
): number {
  const capacity = values.length;
  const { toFloat32, view } = run;
  const lastWord = view.byteLength - 4;
  let { largest, allIntegers } = run;
  let at = start;
  let behind = start;
  let count = length;
  let expected = 4;
  const end = view.byteLength;
  while (count < capacity) {
    // `0.8415,` with as many digits as the last one had: one look tells where it ends, and no branch
    // depends on its digits.
    const comma = at + 2 + expected;
    if (comma < end && bytes[comma] === COMMA && view.getInt16(at, true) === ZERO_POINT) {
      let wrong = 0;
      let whole = 0;
      let from = at + 2;
      for (; from + 4 <= comma; from += 4) {
        const word = view.getInt32(from, true);
        wrong |= ((word & HIGH_HALVES) | (((word + SIXES) & HIGH_HALVES) >>> 4)) ^ FOUR_DIGITS;
        const digits = word & LOW_HALVES;
        const pairs = digits * 10 + (digits >>> 8);
        whole = whole * 10_000 + (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
      }
      const rest = comma - from;
      if (rest > 0) {
        // The last four bytes, zeros in the place of what is no digit of the rest.
        const shown = -1 << (8 * (4 - rest));
        const word = (view.getInt32(comma - 4, true) & shown) | (FOUR_ZEROS & ~shown);
        wrong |= ((word & HIGH_HALVES) | (((word + SIXES) & HIGH_HALVES) >>> 4)) ^ FOUR_DIGITS;
        const digits = word & LOW_HALVES;
        const pairs = digits * 10 + (digits >>> 8);
        whole = whole * POWERS[rest] + (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
      }
      if (wrong === 0 && whole < EXACT_MANTISSA) {
        const fraction = whole / POWERS[expected];
        if (fraction > largest) largest = fraction;
        values[count++] = fraction;
        allIntegers = false;
        at = comma + 1;
        if (bytes[at] === SPACE) at++;
        behind = at;
        continue;
      }
    }
    let byte = bytes[at];
    const isNegative = byte === MINUS;
    if (isNegative) byte = bytes[++at];
    let mantissa = byte - ZERO;
    if (!(mantissa >= 0 && mantissa <= 9)) break;
    let digit = bytes[++at] - ZERO;
    if (mantissa !== 0) {
      while (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit;
        digit = bytes[++at] - ZERO;
      }
    }
    let value = mantissa;
    let places = 0;
    if (digit === DOT - ZERO) {
      const first = ++at;
      while (at <= lastWord) {
        const word = view.getInt32(at, true);
        const high = (word & HIGH_HALVES) | (((word + SIXES) & HIGH_HALVES) >>> 4);
        if (high !== FOUR_DIGITS) break;
        // Each byte is 10 times itself and the next: the first and the third are pairs of digits.
        const digits = word & LOW_HALVES;
        const pairs = digits * 10 + (digits >>> 8);
        mantissa = mantissa * 10_000 + (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
        at += 4;
      }
      digit = bytes[at] - ZERO;
      while (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit;
        digit = bytes[++at] - ZERO;
      }
      places = at - first;
      if (places === 0 || places > EXACT_POWER) break;
      value = mantissa / POWERS[places];
      expected = places;
      allIntegers = false;
    }
    if (digit !== COMMA - ZERO) break;
    if (mantissa >= EXACT_MANTISSA) {
      value = toFloat32 ? nearDecimal(mantissa, -places) : NaN;
      if (!(value >= 0)) break;
    }
    if (value > largest) largest = value;
    values[count++] = isNegative ? -value : value;
    at++;
    if (bytes[at] === SPACE) at++;
    behind = at;
  }
  run.length = count;
  run.largest = largest;
  run.allIntegers = allIntegers;
  return behind;
}
/* oxlint-enable max-lines-per-function, max-depth */
