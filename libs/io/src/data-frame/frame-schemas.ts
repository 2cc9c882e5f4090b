import { stringifyCsvFrame, stringifyJsonFrame } from 'bentonest/tensor';
import type { DType, DataFrame, FrameOptions, Orient } from 'bentonest/tensor';
import { dtypeSchema } from '../dtype-schema.js';
import type { BodySchemas, JsonSchema } from '../io-descriptor.js';
import { JSON_TYPE } from '../media-type.js';
import { ARROW_TYPE, BINARY_TYPE, CSV_TYPE, PARQUET_TYPE } from './media-types.js';

/** What a schema is made of. */
export interface FrameSchemaOptions extends FrameOptions {
  readonly orient?: Orient;
  readonly sample?: DataFrame;
}

const BINARY: JsonSchema = { type: 'string', format: 'binary' };

/** A schema for each media type of a table. */
export function frameSchemas(options: FrameSchemaOptions): BodySchemas {
  const { orient = 'records', sample } = options;
  const rows = sample === undefined ? undefined : stringifyJsonFrame(sample, orient);
  const csv = sample === undefined ? undefined : stringifyCsvFrame(sample);
  return {
    [JSON_TYPE]: { ...JSON_SCHEMAS[orient](options), ...examples(rows && JSON.parse(rows)) },
    [CSV_TYPE]: { type: 'string', ...examples(csv) },
    [ARROW_TYPE]: BINARY,
    [PARQUET_TYPE]: BINARY,
    [BINARY_TYPE]: BINARY,
  };
}

function examples(example: unknown): JsonSchema {
  return example === undefined ? {} : { examples: [example] };
}

const JSON_SCHEMAS: Readonly<Record<Orient, (options: FrameOptions) => JsonSchema>> = {
  records: (options) => ({ type: 'array', items: record(options, cellSchema) }),
  index: (options) => ({ type: 'object', additionalProperties: record(options, cellSchema) }),
  columns: (options) =>
    record(options, (dtype) => ({ type: 'object', additionalProperties: cellSchema(dtype) })),
  values: (options) => ({ type: 'array', items: row(options) }),
  split: (options) => ({
    type: 'object',
    properties: {
      columns: { type: 'array', items: { type: 'string' } },
      index: { type: 'array', items: {} },
      data: { type: 'array', items: row(options) },
    },
    required: ['columns', 'data'],
  }),
};

/** Only cells of floats may be missing: absent, or null. */
function record(options: FrameOptions, schemaOf: (dtype?: DType) => JsonSchema): JsonSchema {
  const { columns, enforceColumns = true, applyColumnNames = false } = options;
  const others = { additionalProperties: schemaOf(commonDType(options)) };
  if (columns === undefined || applyColumnNames) return { type: 'object', ...others };
  const required = columns.filter((name) => !isFloat(dtypeOf(options, name)));
  return {
    type: 'object',
    properties: Object.fromEntries(columns.map((name) => [name, schemaOf(dtypeOf(options, name))])),
    ...(enforceColumns && required.length > 0 ? { required } : {}),
  };
}

function row(options: FrameOptions): JsonSchema {
  const { columns, applyColumnNames = false } = options;
  if (columns === undefined) return { type: 'array', items: cellSchema(commonDType(options)) };
  const size = { minItems: columns.length, maxItems: columns.length };
  const prefixItems = columns.map((name) => cellSchema(dtypeOf(options, name)));
  return { type: 'array', prefixItems, ...(applyColumnNames ? size : {}) };
}

function cellSchema(dtype?: DType): JsonSchema {
  if (dtype === undefined) return { type: ['number', 'string', 'boolean', 'null'] };
  return isFloat(dtype) ? { type: ['number', 'null'] } : dtypeSchema(dtype);
}

function commonDType({ dtypes }: FrameOptions): DType | undefined {
  return typeof dtypes === 'string' ? dtypes : undefined;
}

function dtypeOf({ dtypes }: FrameOptions, name: string): DType | undefined {
  if (typeof dtypes !== 'object') return dtypes;
  return Object.hasOwn(dtypes, name) ? dtypes[name] : undefined;
}

function isFloat(dtype: DType | undefined): boolean {
  return dtype?.startsWith('float') === true;
}
