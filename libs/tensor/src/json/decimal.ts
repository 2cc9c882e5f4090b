/** Powers of ten that a double holds exactly. */
export const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
const MAX_EXACT_POWER = 22;
const MAX_EXACT_MANTISSA = 2 ** 53;

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
/** More than the error of its six roundings and one division, relative. */
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

/** The exact integer that a JSON number's text stands for, or undefined where it is none. */
export function exactInteger(text: string): bigint | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction = '', exponentText = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return 0n;
  const significant = digits.replace(/0+$/, '');
  const exponent = Number(exponentText) - fraction.length + digits.length - significant.length;
  if (exponent < 0) return undefined;
  // Out of every range, and not worth its digits: any such number will do.
  const zeros = Math.min(exponent, MAX_INTEGER_DIGITS);
  const value = BigInt(significant.slice(0, MAX_INTEGER_DIGITS)) * 10n ** BigInt(zeros);
  return sign === '-' ? -value : value;
}
