import { bytesPerElement, isFloat } from './dtype.js';
import type { NumericDType } from './dtype.js';

/** numpy's `result_type`: the smallest dtype that holds the values of both, float64 where none does. */
export function commonDType(a: NumericDType, b: NumericDType): NumericDType {
  if (a === b || b === 'bool') return a;
  if (a === 'bool') return b;
  if (isFloat(a) || isFloat(b)) return floatOf(Math.max(floatBytes(a), floatBytes(b)));
  const isUnsigned = a.startsWith('u');
  if (isUnsigned === b.startsWith('u')) return bytesPerElement(a) > bytesPerElement(b) ? a : b;
  const [unsigned, signed] = isUnsigned ? [a, b] : [b, a];
  // A signed integer needs one bit more than the unsigned one, which is twice as many here.
  const bytes = Math.max(2 * bytesPerElement(unsigned), bytesPerElement(signed));
  return bytes > 8 ? 'float64' : (`int${8 * bytes}` as NumericDType);
}

/** Bytes of the float that holds a dtype: of an integer, the next larger one. */
function floatBytes(dtype: NumericDType): number {
  return isFloat(dtype) ? bytesPerElement(dtype) : Math.min(8, 2 * bytesPerElement(dtype));
}

function floatOf(bytes: number): NumericDType {
  return `float${8 * bytes}` as NumericDType;
}
