import { DTYPES, bytesPerElement, integerRange, stringifyNdArray } from 'bentonest/tensor';
import type { DType, NdArray } from 'bentonest/tensor';
import type { BodySchemas, JsonSchema } from '../io-descriptor.js';
import { BINARY_TYPES, JSON_TYPE } from './ndarray-types.js';

interface Described {
  readonly dtype?: DType;
  readonly shape?: readonly number[];
  readonly sample?: NdArray;
}

/** Nested lists of the shape, and binary bodies. */
export function describeNdArray({ dtype, shape, sample }: Described): BodySchemas {
  const element = describeElement(dtype);
  const nested = shape === undefined ? { type: 'array', items: {} } : describeLists(element, shape);
  const examples = sample === undefined ? {} : { examples: [toExample(sample)] };
  const json = { ...nested, ...examples, ...(dtype === undefined ? {} : { 'x-dtype': dtype }) };
  const binary = { type: 'string', format: 'binary' };
  return { [JSON_TYPE]: json, ...Object.fromEntries(BINARY_TYPES.map((type) => [type, binary])) };
}

/** As it would be sent: float32 in its shortest decimals. */
function toExample(sample: NdArray): unknown {
  return JSON.parse(stringifyNdArray(sample));
}

function describeLists(element: JsonSchema, shape: readonly number[]): JsonSchema {
  return shape.reduceRight<JsonSchema>((items, size) => {
    const bounds = size === -1 ? {} : { minItems: size, maxItems: size };
    return { type: 'array', items, ...bounds };
  }, element);
}

function describeElement(dtype: DType | undefined): JsonSchema {
  if (dtype === undefined) return {};
  if (dtype === 'bool') return { type: 'boolean' };
  if (dtype === 'string') return { type: 'string' };
  if (dtype.startsWith('float')) return { type: 'number' };
  if (bytesPerElement(dtype) === 8) return { type: 'integer', format: dtype };
  const [minimum, maximum] = integerRange(dtype).map(Number);
  return { type: 'integer', minimum, maximum };
}

/** dtypes that raw bytes may have, for messages. */
export const RAW_DTYPES: readonly DType[] = DTYPES.filter((dtype) => dtype !== 'string');
