import { bytesPerElement, integerRange } from 'bentonest/tensor';
import type { DType } from 'bentonest/tensor';
import type { JsonSchema } from './io-descriptor.js';

/** What JSON holds of a dtype; any value where there is none. */
export function dtypeSchema(dtype: DType | undefined): JsonSchema {
  if (dtype === undefined) return {};
  if (dtype === 'bool') return { type: 'boolean' };
  if (dtype === 'string') return { type: 'string' };
  if (dtype.startsWith('float')) return { type: 'number' };
  if (bytesPerElement(dtype) === 8) return { type: 'integer', format: dtype };
  const [minimum, maximum] = integerRange(dtype).map(Number);
  return { type: 'integer', minimum, maximum };
}
