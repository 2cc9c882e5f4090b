import { DTYPES, stringifyNdArray } from 'bentonest/tensor';
import type { DType, NdArray } from 'bentonest/tensor';
import { dtypeSchema } from '../dtype-schema.js';
import type { BodySchemas, JsonSchema } from '../io-descriptor.js';
import { JSON_TYPE } from '../media-type.js';
import { BINARY_TYPES } from './ndarray-types.js';

interface Described {
  readonly dtype?: DType;
  readonly shape?: readonly number[];
  readonly sample?: NdArray;
}

/** Nested lists of the shape, and binary bodies. */
export function describeNdArray({ dtype, shape, sample }: Described): BodySchemas {
  const element = dtypeSchema(dtype);
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

/** dtypes that raw bytes may have, for messages. */
export const RAW_DTYPES: readonly DType[] = DTYPES.filter((dtype) => dtype !== 'string');
