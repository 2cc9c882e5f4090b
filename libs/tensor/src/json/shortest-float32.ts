import { POWERS_OF_TEN } from './decimal.js';

// What another module exports is read anew at each use, which tells in a hot loop.
const POWERS = POWERS_OF_TEN;

/** Decimals that suffice to tell any two float32 apart. */
const MAX_DIGITS = 9;
/** Up to here every decimal of so many digits reads back as itself. */
const SAFE_DIGITS = 6;
const LEAST_NORMAL = 2 ** -126;
/** From here on two decimals of seven digits may read as one float32, so that six may do, too. */
const LEAST_CROWDED = 8.3e6;
/** Between these, every power of ten on the way is an exact double. */
const LEAST_SCALED = 1e-9;
const GREATEST_SCALED = 1e5;
/** Below, numbers are written with an exponent. */
export const LEAST_PLAIN = 1e-6;

/** Whole numbers below it are written as they are. */
export const GREATEST_WHOLE = 1e7;

/** What {@link findScaled} found: the decimal is `scaled / 10^places`. Shared, for it must not allocate. */
export const found = { scaled: 0, places: 0 };

/** The shortest decimals that read back as this float32, which must be finite. */
export function shortestFloat32(value: number): string {
  const magnitude = Math.abs(value);
  if (Number.isInteger(value) && magnitude < GREATEST_WHOLE) {
    return Object.is(value, -0) ? '-0' : `${value}`;
  }
  if (magnitude >= LEAST_SCALED && findScaled(magnitude)) {
    const decimal = found.scaled / POWERS[found.places];
    return String(value < 0 ? -decimal : decimal);
  }
  return shortestByText(value);
}

/**
 * Finds the shortest decimal of a magnitude by scaling it to whole numbers: of 6 to 9 digits, and of an
 * exact power of ten, each quotient is the double that the decimal text would be read as. False where
 * rounding of the product left none, or the magnitude is none of those it is for.
 */
export function findScaled(magnitude: number): boolean {
  if (!(magnitude >= LEAST_SCALED && magnitude < GREATEST_SCALED)) return false;
  // Most numbers have seven or eight digits. Where seven do not do, six do not either: the nearest
  // decimal of more digits is no further away. (Next to a power of two that proves nothing, for the
  // gap below is half the gap above; there a test has tried them all.)
  const places = SAFE_DIGITS - exponentOf(magnitude);
  if (!isDecimal(magnitude, places)) {
    return isDecimal(magnitude, places + 1) || isDecimal(magnitude, places + 2);
  }
  const { scaled } = found;
  if (scaled < LEAST_CROWDED && (scaled | 0) % 10 !== 0) return true;
  if (isDecimal(magnitude, places - 1)) return true;
  found.scaled = scaled;
  found.places = places;
  return true;
}

function isDecimal(magnitude: number, places: number): boolean {
  const scale = POWERS[places];
  // Math.round takes three times as long.
  const scaled = Math.floor(magnitude * scale + 0.5);
  if (Math.fround(scaled / scale) !== magnitude) return false;
  found.scaled = scaled;
  found.places = places;
  return true;
}

/** Power of ten of the first digit. */
function exponentOf(magnitude: number): number {
  let exponent = 0;
  if (magnitude >= 1) while (magnitude >= POWERS[exponent + 1]) exponent++;
  else while (magnitude * POWERS[-exponent] < 1) exponent--;
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
