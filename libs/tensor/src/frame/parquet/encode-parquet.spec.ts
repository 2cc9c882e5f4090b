import { parquetMetadata } from 'hyparquet';
import { expect, it } from 'vitest';
import { DataFrame } from '../../data-frame.js';
import { DTYPES, allocate } from '../../dtype.js';
import { NdArray } from '../../nd-array.js';
import { encodeParquet } from './encode-parquet.js';

it('marks columns as pyarrow reads them: integers by their converted type alone', async () => {
  const frame = new DataFrame(
    DTYPES.map((dtype) => [dtype, new NdArray(dtype, allocate(dtype, 1), [1])] as const),
  );
  const { schema } = parquetMetadata(new Uint8Array(await encodeParquet(frame)).buffer);
  const marks = schema.slice(1).map((element) => {
    const { name, type, converted_type: converted, logical_type: logical } = element;
    return [name, type, converted, logical?.type].filter((mark) => mark !== undefined).join(' ');
  });
  expect(marks).toEqual([
    'bool BOOLEAN',
    'int8 INT32 INT_8',
    'int16 INT32 INT_16',
    'int32 INT32',
    'int64 INT64',
    'uint8 INT32 UINT_8',
    'uint16 INT32 UINT_16',
    'uint32 INT32 UINT_32',
    'uint64 INT64 UINT_64',
    'float16 FIXED_LEN_BYTE_ARRAY FLOAT16',
    'float32 FLOAT',
    'float64 DOUBLE',
    'string BYTE_ARRAY UTF8 STRING',
  ]);
});
