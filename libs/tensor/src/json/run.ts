import { MAX_EXACT_MANTISSA, MAX_EXACT_POWER, POWERS_OF_TEN, nearDecimal } from './decimal.js';

const SPACE = 0x20;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;

/** What {@link readRun} goes on from, and what it found; shared, for a run must not allocate. */
export const run = { length: 0, largest: 0, allIntegers: true, toFloat32: false };

/**
 * Reads plain decimals that a comma follows, `0.25,-3, 17,`, into `values` from `length` on, and
 * stops before whatever is not one, which is the scanner's to judge. A function of its own, because
 * its few variables then stay in registers: numbers of this kind are nearly all that comes.
 *
 * @returns Offset behind the last comma that belongs to it, `start` if there is none.
 */
// oxlint-disable-next-line max-lines-per-function -- the hot path: a call per number would cost more than the number itself
export function readRun(
  bytes: Uint8Array,
  start: number,
  values: Float64Array,
  length: number,
): number {
  const capacity = values.length;
  const { toFloat32 } = run;
  let { largest, allIntegers } = run;
  let at = start;
  let behind = start;
  let count = length;
  while (count < capacity) {
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
      digit = bytes[at] - ZERO;
      while (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit;
        digit = bytes[++at] - ZERO;
      }
      places = at - first;
      if (places === 0 || places > MAX_EXACT_POWER) break;
      value = mantissa / POWERS_OF_TEN[places];
      allIntegers = false;
    }
    if (digit !== COMMA - ZERO) break;
    if (mantissa >= MAX_EXACT_MANTISSA) {
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
