import { POWERS_OF_TEN } from './decimal.js';

/** Decimals that suffice to tell any two float32 apart. */
const MAX_DIGITS = 9;
/** Up to here every decimal of so many digits reads back as itself. */
const SAFE_DIGITS = 6;
const LEAST_NORMAL = 2 ** -126;
/** Between these, every power of ten on the way is an exact double. */
const LEAST_SCALED = 1e-9;
const GREATEST_SCALED = 1e5;

/** The shortest decimals that read back as this float32, which must be finite. */
export function shortestFloat32(value: number): string {
  const magnitude = Math.abs(value);
  if (Number.isInteger(value) && magnitude < 1e7) return Object.is(value, -0) ? '-0' : `${value}`;
  if (magnitude >= LEAST_SCALED && magnitude < GREATEST_SCALED) {
    const decimal = shortestScaled(magnitude);
    if (decimal !== undefined) return String(value < 0 ? -decimal : decimal);
  }
  return shortestByText(value);
}

/**
 * By scaling to whole numbers: of 6 to 9 digits, and of an exact power of ten, each quotient is the
 * double that the decimal text would be read as. Undefined where rounding of the product left none.
 */
function shortestScaled(magnitude: number): number | undefined {
  let places = SAFE_DIGITS - 1 - exponentOf(magnitude);
  for (let digits = SAFE_DIGITS; digits <= MAX_DIGITS; digits++) {
    const scale = POWERS_OF_TEN[places++];
    const decimal = Math.round(magnitude * scale) / scale;
    if (Math.fround(decimal) === magnitude) return decimal;
  }
  return undefined;
}

/** Power of ten of the first digit. */
function exponentOf(magnitude: number): number {
  let exponent = 0;
  if (magnitude >= 1) while (magnitude >= POWERS_OF_TEN[exponent + 1]) exponent++;
  else while (magnitude * POWERS_OF_TEN[-exponent] < 1) exponent--;
  return exponent;
}

function shortestByText(value: number): string {
  // Below, float32 has ever fewer digits of its own.
  const first = Math.abs(value) < LEAST_NORMAL ? 1 : SAFE_DIGITS;
  for (let digits = first; digits < MAX_DIGITS; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return String(decimal);
  }
  return String(Number(value.toPrecision(MAX_DIGITS)));
}
