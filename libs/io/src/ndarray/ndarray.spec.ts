import { NdArray, encodeNpy, encodeRaw } from 'bentonest/tensor';
import type { DType } from 'bentonest/tensor';
import { describe, expect, it } from 'vitest';
import { ndarray } from './ndarray.js';
import type { NdArrayOptions } from './ndarray.js';

const JSON_TYPE = 'application/json';
const NPY = 'application/vnd.npy';
const RAW = 'application/octet-stream';

function decodeJson(text: string, options: NdArrayOptions = {}): NdArray {
  const descriptor = ndarray(options);
  const input = { contentType: JSON_TYPE, headers: {}, body: Buffer.from(text) };
  return descriptor.decode(input) as NdArray;
}

function decodeNpy(array: NdArray, options: NdArrayOptions = {}): NdArray {
  const input = { contentType: NPY, headers: {}, body: encodeNpy(array) };
  return ndarray(options).decode(input) as NdArray;
}

describe('decode', () => {
  it('reads JSON into the dtype', () => {
    const array = decodeJson('[[1, 2.5]]', { dtype: 'float32', shape: [-1, 2] });
    expect(array).toEqual(NdArray.from([[1, 2.5]], { dtype: 'float32' }));
  });

  it('casts .npy where same_kind allows, unless the dtype is enforced', () => {
    const doubles = NdArray.from([1.5]);
    expect(decodeNpy(doubles, { dtype: 'float32' }).dtype).toBe('float32');
    expect(() => decodeNpy(doubles, { dtype: 'float32', enforceDtype: true })).toThrow(
      'Expected an array of dtype float32, got float64',
    );
    expect(() => decodeNpy(doubles, { dtype: 'int32' })).toThrow(
      'Expected dtype int32, got float64',
    );
  });

  it('refuses another shape and says which dimension', () => {
    expect(() => decodeJson('[[1,2,3]]', { shape: [-1, 4] })).toThrow(
      'Expected an array of shape [any, 4], got [1, 3]. Dimension 1 must have 4 values.',
    );
    expect(() => decodeJson('[1,2,3,4]', { shape: [-1, 4] })).toThrow('Send lists nested 2 deep.');
  });

  it('reshapes where the shape is not enforced and the elements allow it', () => {
    const options = { shape: [-1, 2], enforceShape: false };
    expect(decodeJson('[1,2,3,4]', options).shape).toEqual([2, 2]);
    expect(decodeJson('[1,2]', { shape: [2, 1], enforceShape: false }).shape).toEqual([2, 1]);
    expect(() => decodeJson('[1,2,3]', options)).toThrow('got [3]');
    expect(() => decodeJson('[]', { shape: [-1, 0], enforceShape: false })).toThrow('got [0]');
    expect(() => decodeJson('[1]', { shape: [-1, -1], enforceShape: false })).toThrow('got [1]');
  });
});

it('refuses a dtype or shape that is none, when the service is declared', () => {
  expect(() => ndarray({ dtype: 'float23' as never })).toThrow(
    'as dtype the string "float23"; expected one of bool,',
  );
  expect(() => ndarray({ shape: [-2] })).toThrow('the shape [-2]; expected sizes from 0, or -1');
});

describe('encode', () => {
  it('writes JSON or .npy', () => {
    const array = NdArray.from([[1n]]);
    expect(ndarray().encode(array, JSON_TYPE)).toEqual({ contentType: JSON_TYPE, body: '[[1]]' });
    expect(ndarray().encode(array, NPY)).toEqual({ contentType: NPY, body: encodeNpy(array) });
  });

  it('says what the service must return', () => {
    expect(() => ndarray().encode([1] as never, JSON_TYPE)).toThrow(
      'must return an NdArray for its output ndarray(), got a list of 1',
    );
  });
});

const binary = { type: 'string', format: 'binary' };

describe('schema', () => {
  it('describes nested lists of its shape, and binary bodies', () => {
    expect(ndarray({ dtype: 'float32', shape: [-1, 2] }).schema()).toEqual({
      [JSON_TYPE]: {
        type: 'array',
        items: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
        'x-dtype': 'float32',
      },
      [NPY]: binary,
      'application/x-npy': binary,
      [RAW]: binary,
    });
  });

  it.each<[DType, object]>([
    ['bool', { type: 'boolean' }],
    ['string', { type: 'string' }],
    ['uint8', { type: 'integer', minimum: 0, maximum: 255 }],
    ['int64', { type: 'integer', format: 'int64' }],
  ])('describes elements of dtype %s', (dtype, items) => {
    expect(ndarray({ dtype, shape: [-1] }).schema()[JSON_TYPE]).toMatchObject({ items });
  });
});

describe('raw bytes', () => {
  const decodeRaw = (
    array: NdArray,
    headers: Record<string, string>,
    options: NdArrayOptions = {},
  ): NdArray =>
    ndarray(options).decode({ contentType: RAW, headers, body: encodeRaw(array) }) as NdArray;
  const pairs = NdArray.from([[1.5, -0.1]], { dtype: 'float32' });
  const dtype = 'x-ndarray-dtype';
  const shape = 'x-ndarray-shape';

  it('are what their headers say', () => {
    expect(decodeRaw(pairs, { [dtype]: 'float32', [shape]: '1, 2' })).toEqual(pairs);
    expect(decodeRaw(NdArray.from(7), { [dtype]: 'float64', [shape]: '' })).toEqual(
      NdArray.from(7),
    );
  });

  it('need no headers for what the descriptor declares', () => {
    const options = { dtype: 'float32', shape: [-1, 2] } as const;
    expect(decodeRaw(pairs, {}, options)).toEqual(pairs);
    expect(() => decodeRaw(pairs, {}, { ...options, shape: [-1, -1] })).toThrow(
      'Expected the shape of the raw bytes in the header x-ndarray-shape, got nothing.',
    );
    expect(() => decodeRaw(pairs, {})).toThrow('in the header x-ndarray-dtype, got nothing');
  });

  it.each([
    [{ [dtype]: 'object', [shape]: '1' }, 'got the string "object". Send one of bool,'],
    [{ [dtype]: 'string', [shape]: '1' }, 'got the string "string"'],
    [{ [dtype]: 'float32', [shape]: '1;2' }, 'got the string "1;2". Send sizes'],
    [{ [dtype]: 'float32', [shape]: '-1,2' }, 'got the string "-1,2"'],
    [{ [dtype]: 'float32', [shape]: '1e3' }, 'got the string "1e3"'],
    [{ [dtype]: 'float32', [shape]: '3' }, 'Expected 12 bytes for float32 of shape [3], got 8.'],
    [{ [dtype]: 'float32', [shape]: '9'.repeat(15) }, 'got 8'],
  ])('with the headers %j: %s', (headers, message) => {
    expect(() => decodeRaw(pairs, headers)).toThrow(message);
  });

  it('go out with their headers, bit for bit', () => {
    const special = NdArray.from([[Number.NaN, Infinity, -0]], { dtype: 'float32' });
    const { body, headers } = ndarray().encode(special, RAW) as {
      body: Buffer;
      headers: Record<string, string>;
    };
    expect(headers).toEqual({ [dtype]: 'float32', [shape]: '1,3' });
    expect(ndarray().decode({ contentType: RAW, headers, body })).toEqual(special);
  });
});

describe('NaN and infinities', () => {
  const special = NdArray.from([[1, Number.NaN]]);

  it('become null in JSON, or an error', () => {
    expect(ndarray().encode(special, JSON_TYPE)).toMatchObject({ body: '[[1,null]]' });
    expect(() => ndarray({ nonFinite: 'error' }).encode(special, JSON_TYPE)).toThrow('[0][1]');
  });

  it('are refused in a JSON body', () => {
    expect(() => decodeJson('[NaN]')).toThrow('[0]');
    expect(() => decodeJson('[1e999]')).toThrow('[0]');
  });
});

describe('a declared output', () => {
  it('casts by same_kind, and refuses what does not fit with status 500', () => {
    const encode = (array: NdArray, options: NdArrayOptions): unknown =>
      ndarray(options).encode(array, JSON_TYPE);
    expect(encode(NdArray.from([0.1]), { dtype: 'float32' })).toMatchObject({ body: '[0.1]' });
    const refused: [NdArray, NdArrayOptions, string][] = [
      [NdArray.from([0.5]), { dtype: 'int32' }, 'an NdArray of dtype int32'],
      [NdArray.from([300n]), { dtype: 'int8' }, 'an NdArray of dtype int8'],
      [
        NdArray.from([1]),
        { shape: [-1, 2] },
        'of shape [any, 2] for its output ndarray(), got [1]',
      ],
    ];
    for (const [array, options, message] of refused) {
      expect(() => encode(array, options)).toThrow(message);
      expect(() => encode(array, options)).toThrow(
        expect.objectContaining({ code: 'UNENCODABLE_RESULT', statusCode: 500 }),
      );
    }
  });
});

describe('fromSample', () => {
  const descriptor = ndarray.fromSample([[6.2, 3.2]], { dtype: 'float32' });
  const decode = (text: string): unknown =>
    descriptor.decode({ contentType: JSON_TYPE, headers: {}, body: Buffer.from(text) });

  it('sets dtype and shape, the first size free, and shows the sample', () => {
    expect(decode('[[1,2],[3,4]]')).toEqual(
      NdArray.from(
        [
          [1, 2],
          [3, 4],
        ],
        { dtype: 'float32' },
      ),
    );
    expect(() => decode('[[1,2,3]]')).toThrow('shape [any, 2]');
    expect(descriptor.schema()[JSON_TYPE]).toMatchObject({ 'x-dtype': 'float32' });
    const [example] = descriptor.schema()[JSON_TYPE].examples as unknown[];
    expect(JSON.stringify(example)).toBe('[[6.2,3.2]]');
  });

  it('enforces the dtype, and all sizes of a vector', () => {
    const body = encodeNpy(NdArray.from([[1, 2]]));
    expect(() => descriptor.decode({ contentType: NPY, headers: {}, body })).toThrow('float32');
    const vector = ndarray.fromSample(NdArray.from([1, 2]));
    expect(vector.schema()[JSON_TYPE]).toMatchObject({ minItems: 2, maxItems: 2 });
  });
});
