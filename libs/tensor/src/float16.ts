const scratch = new DataView(new ArrayBuffer(4));

/** The number that the bits of an IEEE 754 half stand for. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The bits of the half nearest to a number, ties to even; beyond 65504 an infinity. */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  // Below 2^-14 halves are multiples of 2^-24; above, of 2^(e-10). Both quotients are exact doubles.
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24);
  const exponent = exponentOf(magnitude);
  const steps = roundHalfEven(magnitude * 2 ** (10 - exponent));
  // A fraction that rounds up to 2048 carries into the exponent by plain addition.
  return sign | (((exponent + 15) << 10) + (steps - 1024));
}

function exponentOf(magnitude: number): number {
  scratch.setFloat32(0, magnitude);
  const exponent = ((scratch.getUint32(0) >> 23) & 0xff) - 127;
  // Rounding to float32 may have reached the next power of two.
  return magnitude < 2 ** exponent ? exponent - 1 : exponent;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
