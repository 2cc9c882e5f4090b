import { DataFrame, NdArray, encodeArrow, encodeParquet } from 'bentonest/tensor';
import { describe, expect, it } from 'vitest';
import { dataFrame } from './data-frame.js';
import type { DataFrameDescriptorOptions } from './data-frame.js';
import { JSON_TYPE } from '../media-type.js';
import { ARROW_TYPE, CSV_TYPE, PARQUET_TYPE } from './media-types.js';
import { series } from './series.js';

const decode = async (
  contentType: string,
  body: string | Buffer,
  options: DataFrameDescriptorOptions = {},
): Promise<DataFrame> =>
  dataFrame(options).decode({ contentType, headers: {}, body: Buffer.from(body) });

describe('dtypes', () => {
  const frame = DataFrame.from({ a: [1.5], b: [2] });

  it.each([
    [ARROW_TYPE, encodeArrow],
    [PARQUET_TYPE, encodeParquet],
  ])('are cast where same_kind allows, unless they are enforced: %s', async (type, encode) => {
    const body = await encode(frame);
    const cast = await decode(type, body, { dtypes: 'float32' });
    expect(cast.dtypes).toEqual({ a: 'float32', b: 'float32' });
    await expect(decode(type, body, { dtypes: { b: 'int32' } })).rejects.toThrow(
      'Column "b": Expected dtype int32, got float64',
    );
    const enforced = { dtypes: { b: 'float32' }, enforceDtypes: true } as const;
    await expect(decode(type, body, enforced)).rejects.toThrow(
      'Expected column "b" of dtype float32, got float64. Convert it before it is sent.',
    );
  });

  it('hold the values of JSON and CSV, one by one', async () => {
    const options = { dtypes: { a: 'uint8' } } as const;
    expect((await decode(JSON_TYPE, '[{"a":255}]', options)).dtypes).toEqual({ a: 'uint8' });
    await expect(decode(CSV_TYPE, 'a\n256\n', options)).rejects.toThrow('from 0 to 255 (uint8)');
  });
});

it('refuses options that do not fit each other, when the service is declared', () => {
  expect(() => dataFrame({ orient: 'table' as never })).toThrow(
    'dataFrame() has as orient the string "table"; expected one of records, columns,',
  );
  expect(() => dataFrame({ dtypes: { a: 'float' as never } })).toThrow(
    'as dtype the string "float"',
  );
  expect(() => dataFrame({ applyColumnNames: true })).toThrow('applyColumnNames without columns');
  expect(() => dataFrame({ enforceColumns: true })).toThrow('enforceColumns without columns');
  expect(() => dataFrame({ columns: ['a', 'a'] })).toThrow('names a column twice');
  expect(() => dataFrame({ columns: ['a'], dtypes: { b: 'int8' } })).toThrow(
    'a dtype for the column "b", which is not among its columns a',
  );
  expect(() => series({ dtype: 'x' as never })).toThrow('series() has as dtype');
});

it('says what the service must return', () => {
  expect(() => dataFrame().encode([] as never, JSON_TYPE)).toThrow(
    'must return a DataFrame for its output dataFrame(), got a list of 0',
  );
  expect(() => series().encode(NdArray.from([[1]]), JSON_TYPE)).toThrow(
    'must return an NdArray of rank 1 for its output series(), got one of rank 2',
  );
});

describe('schema', () => {
  it('of a sample has its columns, dtypes and rows', async () => {
    const sample = DataFrame.from([{ age: 31, city: 'Bern' }], { dtypes: { age: 'float32' } });
    const descriptor = dataFrame.fromSample(sample);
    expect(descriptor.schema()[JSON_TYPE]).toEqual({
      type: 'array',
      items: {
        type: 'object',
        properties: { age: { type: ['number', 'null'] }, city: { type: 'string' } },
        required: ['city'],
      },
      examples: [[{ age: 31, city: 'Bern' }]],
    });
    expect(descriptor.schema()[CSV_TYPE]).toEqual({
      type: 'string',
      examples: ['age,city\n31.0,Bern\n'],
    });
    const input = { contentType: JSON_TYPE, headers: {}, body: Buffer.from('[{"age":1}]') };
    expect(() => descriptor.decode(input)).toThrow('Expected a column "city", got "age".');
  });

  it.each([
    ['columns', { properties: { a: { additionalProperties: { type: 'integer' } } } }],
    ['index', { additionalProperties: { properties: { a: { type: 'integer' } } } }],
    ['values', { items: { prefixItems: [{ type: 'integer' }] } }],
    ['split', { properties: { data: { items: { prefixItems: [{ type: 'integer' }] } } } }],
  ] as const)('follows the orient %s', (orient, expected) => {
    const { [JSON_TYPE]: schema } = dataFrame({ orient, columns: ['a'], dtypes: 'int8' }).schema();
    expect(schema).toMatchObject(expected);
  });

  it('of a series follows its orient, dtype and name', () => {
    expect(series({ dtype: 'bool', name: 'seen' }).schema()).toEqual({
      [JSON_TYPE]: { title: 'seen', type: 'array', items: { type: 'boolean' } },
    });
    expect(series({ orient: 'index' }).schema()[JSON_TYPE]).toMatchObject({ type: 'object' });
  });
});

it('writes a series as it reads it', () => {
  const array = NdArray.from([1, 2]);
  expect(series().encode(array, JSON_TYPE)).toMatchObject({ body: '[1.0,2.0]' });
  expect(series({ orient: 'index' }).encode(array, JSON_TYPE)).toMatchObject({
    body: '{"0":1.0,"1":2.0}',
  });
});

describe('a declared output', () => {
  const output = dataFrame({ columns: ['b', 'a'], dtypes: { a: 'float32' } });

  it('has its columns, in order, of their dtypes', () => {
    const frame = DataFrame.from([{ a: 0.1, b: 'x', c: 1 }]);
    expect(output.encode(frame, JSON_TYPE)).toMatchObject({ body: '[{"b":"x","a":0.1}]' });
  });

  it('is a fault of the service where it does not fit', () => {
    const encode = (): unknown => output.encode(DataFrame.from([{ a: 1 }]), JSON_TYPE);
    expect(encode).toThrow(
      expect.objectContaining({
        statusCode: 500,
        message: expect.stringContaining('Expected a column "b", got "a"') as string,
      }),
    );
  });
});
