import type { DType } from 'bentonest/tensor';
import type { JsonSchema } from './io-descriptor.js';

/** What JSON holds of a dtype; any value where there is none. */
export function dtypeSchema(dtype: DType | undefined): JsonSchema {
  if (dtype === undefined) return {};
  if (dtype === 'bool') return { type: 'boolean' };
  if (dtype === 'string') return { type: 'string' };
  return { type: dtype.startsWith('float') ? 'number' : 'integer' };
}
