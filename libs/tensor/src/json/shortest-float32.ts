/** Decimals that suffice to tell any two float32 apart. */
const MAX_DIGITS = 9;
/** Up to here every decimal of so many digits reads back as itself. */
const SAFE_DIGITS = 6;
const LEAST_NORMAL = 2 ** -126;

/** The shortest decimals that read back as this float32. */
export function shortestFloat32(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7)
    return Object.is(value, -0) ? '-0' : `${value}`;
  // Below, float32 has ever fewer digits of its own.
  const first = Math.abs(value) < LEAST_NORMAL ? 1 : SAFE_DIGITS;
  for (let digits = first; digits < MAX_DIGITS; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return String(decimal);
  }
  return String(Number(value.toPrecision(MAX_DIGITS)));
}
