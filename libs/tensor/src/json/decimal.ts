/** Powers of ten that a double holds exactly. */
export const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
export const MAX_EXACT_POWER = 22;
export const MAX_EXACT_MANTISSA = 2 ** 53;

/**
 * `mantissa × 10^exponent` where that is one correctly rounded operation on exact doubles (Clinger,
 * "How to read floating point numbers accurately", 1990), else NaN. A mantissa that was summed up
 * digit by digit is exact below 2^53, for rounding on the way would have taken it past that.
 */
export function fastDecimal(mantissa: number, exponent: number): number {
  if (mantissa >= MAX_EXACT_MANTISSA) return NaN;
  if (exponent === 0 || mantissa === 0) return mantissa;
  if (exponent < 0) {
    return exponent < -MAX_EXACT_POWER ? NaN : mantissa / POWERS_OF_TEN[-exponent];
  }
  return exponent > MAX_EXACT_POWER ? NaN : mantissa * POWERS_OF_TEN[exponent];
}

/** As many more digits as a mantissa may have for {@link nearDecimal}, as a factor. */
const MAX_NEAR_MANTISSA = MAX_EXACT_MANTISSA * 1e6;
/** More than the relative error of thirteen roundings: two for each of six digits, and the division. */
const NEAR_ERROR = 2 ** -49;

/**
 * A double near `mantissa × 10^exponent` that rounds to the same float32 as the exact number does,
 * else NaN. The exact number and its double lie between the two ends; where both ends round to one
 * float32, so do they.
 */
export function nearDecimal(mantissa: number, exponent: number): number {
  if (mantissa >= MAX_NEAR_MANTISSA || exponent > 0 || exponent < -MAX_EXACT_POWER) return NaN;
  const near = mantissa / POWERS_OF_TEN[-exponent];
  const least = Math.fround(near * (1 - NEAR_ERROR));
  return least === Math.fround(near * (1 + NEAR_ERROR)) ? near : NaN;
}

/** Longest integer of 64 bits, with room to spare; beyond it nothing is in range. */
const MAX_INTEGER_DIGITS = 40;
const BEYOND_RANGE = 10n ** BigInt(MAX_INTEGER_DIGITS);
const ZERO = 0x30;

/**
 * The exact integer that the text of a JSON number stands for, undefined where it is none, or, of
 * more than 40 digits, some integer as far out of every range. Linear in the text, whatever it is: a
 * pattern that looks for the zeros at its end would not be.
 */
export function exactInteger(text: string): bigint | undefined {
  const isNegative = text.startsWith('-');
  const exponentAt = text.search(/e/i);
  const mantissaEnd = exponentAt === -1 ? text.length : exponentAt;
  const [whole, fraction = ''] = text.slice(isNegative ? 1 : 0, mantissaEnd).split('.');
  const digits = whole + fraction;
  let first = 0;
  while (digits.charCodeAt(first) === ZERO) first++;
  if (first === digits.length) return 0n;
  let last = digits.length;
  while (digits.charCodeAt(last - 1) === ZERO) last--;
  const power = exponentAt === -1 ? 0 : Number(text.slice(exponentAt + 1));
  const zeros = power - fraction.length + digits.length - last;
  if (zeros < 0) return undefined;
  const magnitude =
    last - first + zeros > MAX_INTEGER_DIGITS
      ? BEYOND_RANGE
      : BigInt(digits.slice(first, last)) * 10n ** BigInt(zeros);
  return isNegative ? -magnitude : magnitude;
}
