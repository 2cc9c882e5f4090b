import type { SchemaElement } from 'hyparquet';
import type { DType } from '../../dtype.js';

/** The dtype of a Parquet column; undefined for what no dtype stands for: dates, decimals, lists. */
export function dtypeOfParquet(element: SchemaElement): DType | undefined {
  const { type, logical_type: logical, converted_type: converted } = element;
  if (element.num_children !== undefined || element.repetition_type === 'REPEATED')
    return undefined;
  if (logical?.type === 'INTEGER') {
    return `${logical.isSigned ? '' : 'u'}int${logical.bitWidth}` as DType;
  }
  const integer = /^(U?INT)_(8|16|32|64)$/.exec(converted ?? '');
  if (integer !== null) return `${integer[1]}${integer[2]}`.toLowerCase() as DType;
  if (logical?.type === 'FLOAT16') return 'float16';
  // Nothing but nulls: missing numbers, as anywhere else.
  if (logical?.type === 'NULL') return 'float64';
  if (type === 'BYTE_ARRAY') return isText(element) ? 'string' : undefined;
  if (logical !== undefined || converted !== undefined) return undefined;
  return PHYSICAL[type ?? ''];
}

const PHYSICAL: Readonly<Record<string, DType>> = {
  BOOLEAN: 'bool',
  INT32: 'int32',
  INT64: 'int64',
  FLOAT: 'float32',
  DOUBLE: 'float64',
};

/** Older writers do not mark their strings. */
function isText({ logical_type: logical, converted_type: converted }: SchemaElement): boolean {
  const isPlain = logical === undefined && converted === undefined;
  return isPlain || logical?.type === 'STRING' || converted === 'UTF8' || converted === 'ENUM';
}

/** The column of a dtype, without nulls. */
export function parquetElementOf(name: string, dtype: DType): SchemaElement {
  return { name, repetition_type: 'REQUIRED', ...ELEMENTS[dtype] };
}

/** Without the logical type: hyparquet-writer 0.17 writes its width as an i32, which pyarrow does not read. */
const integer = (bits: 8 | 16 | 32 | 64, isSigned: boolean): Omit<SchemaElement, 'name'> => ({
  type: bits === 64 ? 'INT64' : 'INT32',
  converted_type: isSigned ? `INT_${bits}` : `UINT_${bits}`,
});

const ELEMENTS: Readonly<Record<DType, Omit<SchemaElement, 'name'>>> = {
  bool: { type: 'BOOLEAN' },
  int8: integer(8, true),
  int16: integer(16, true),
  int32: { type: 'INT32' },
  int64: { type: 'INT64' },
  uint8: integer(8, false),
  uint16: integer(16, false),
  uint32: integer(32, false),
  uint64: integer(64, false),
  float16: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } },
  float32: { type: 'FLOAT' },
  float64: { type: 'DOUBLE' },
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
};
