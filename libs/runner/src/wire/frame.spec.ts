import { DTYPES, DataFrame, NdArray } from 'bentonest/tensor';
import type { DType } from 'bentonest/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireProtocolError } from '../runner.errors.js';
import { encodeFrame } from './encode-frame.js';
import { FrameReader } from './frame-reader.js';
import type { CallFrame, Frame, OutgoingFrame } from './frame.js';
import { TensorChunks } from './tensor-chunks.js';
import { packValues, unpackValues } from './values.js';

function read(bytes: Uint8Array, chunkBytes = bytes.length): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  const buffer = Buffer.from(bytes);
  for (let at = 0; at < buffer.length; at += chunkBytes) {
    reader.push(buffer.subarray(at, at + chunkBytes));
  }
  return frames;
}

const encode = (frame: OutgoingFrame): Buffer => Buffer.concat(encodeFrame(frame));

function callWith(tensors: readonly NdArray[]): OutgoingFrame {
  return {
    type: 'call',
    id: 7,
    deadline: 1234.5,
    head: { method: 'predict', args: tensors.map(() => ['tensor'] as const) },
    tensors: tensors.map((tensor) => TensorChunks.of(tensor)),
  };
}

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

/** Arrays of every dtype with arbitrary bits: NaNs and signed zeros must survive as they are. */
const arrays: fc.Arbitrary<NdArray> = fc
  .tuple(fc.constantFrom(...DTYPES), shapes)
  .chain(([dtype, shape]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return dataOf(dtype, length).map((data) => new NdArray(dtype, data, shape));
  });

function dataOf(dtype: DType, length: number): fc.Arbitrary<NdArray['data']> {
  const size = { minLength: length, maxLength: length };
  switch (dtype) {
    case 'string':
      return fc.array(fc.string({ unit: 'grapheme' }), size);
    case 'float32':
      return fc.float32Array(size);
    case 'float64':
      return fc.float64Array(size);
    case 'int64':
      return fc.bigInt64Array(size);
    case 'uint64':
      return fc.bigUint64Array(size);
    case 'int8':
      return fc.int8Array(size);
    case 'int16':
      return fc.int16Array(size);
    case 'int32':
      return fc.int32Array(size);
    case 'uint16':
    case 'float16':
      return fc.uint16Array(size);
    case 'uint32':
      return fc.uint32Array(size);
    case 'uint8':
      return fc.uint8Array(size);
    case 'bool':
      return fc.uint8Array({ ...size, max: 1 });
  }
}

describe('frames', () => {
  it('bring tensors of every dtype and shape through any cutting of the stream', () => {
    const property = fc.property(
      fc.array(arrays, { maxLength: 3 }),
      fc.integer({ min: 1, max: 64 }),
      (tensors, chunkBytes) => {
        const bytes = encode(callWith(tensors));
        const frames = read(Buffer.concat([bytes, bytes]), chunkBytes);
        expect(frames).toHaveLength(2);
        for (const frame of frames) {
          expect(frame).toMatchObject({ type: 'call', id: 7, deadline: 1234.5 });
          expect((frame as CallFrame).tensors).toEqual(tensors);
        }
      },
    );
    fc.assert(property);
  });

  it('join the pieces of a tensor, copied or written as they lie', () => {
    const piece = Float32Array.from({ length: 40_000 }, (_, i) => i);
    for (const count of [1, 3]) {
      const pieces = Array.from({ length: count }, () => piece);
      const tensor = new TensorChunks('float32', [count, piece.length], pieces);
      const frame = { ...callWith([]), tensors: [tensor] } as OutgoingFrame;
      const [decoded] = read(encode(frame), 1000) as [CallFrame];
      expect(decoded.tensors[0]?.shape).toEqual([count, piece.length]);
      expect(decoded.tensors[0]?.data).toEqual(
        Float32Array.from(pieces.flatMap((each) => [...each])),
      );
    }
    expect(encodeFrame(callWith([new NdArray('float32', piece, [piece.length])]))).toHaveLength(1);
    const large = new NdArray('uint8', new Uint8Array(300_001), [300_001]);
    expect(encodeFrame(callWith([large])).length).toBeGreaterThan(1);
  });

  it('bring every other type through as it is', () => {
    const frames: OutgoingFrame[] = [
      { type: 'hello', head: { pid: 1, methods: [], metadata: { inputs: [] } } },
      { type: 'result', id: 1, head: { values: [['json', { a: 1 }]], runMs: 1 }, tensors: [] },
      { type: 'error', id: 2, head: { code: 'X', statusCode: 400, message: 'é' } },
      { type: 'cancel', id: 0xffff_ffff },
    ];
    expect(read(Buffer.concat(frames.map((frame) => encode(frame))), 5)).toEqual(frames);
  });
});

describe('what is no frame', () => {
  it('is refused as such, whatever bytes come', () => {
    const header = encode(callWith([]));
    const mutated = fc.tuple(arrays, fc.nat(), fc.nat(255)).map(([tensor, at, value]) => {
      const bytes = encode(callWith([tensor]));
      bytes[at % bytes.length] = value;
      return bytes;
    });
    const property = fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
      const code = codeOf(() => read(Buffer.concat([bytes, header])));
      expect(['none', 'WIRE_PROTOCOL', 'SHAPE_MISMATCH']).toContain(code);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it.each([
    ['another version', (bytes: Buffer) => bytes.writeUInt8(9, 4), 'wire version 9'],
    ['an unknown type', (bytes: Buffer) => bytes.writeUInt8(200, 5), 'an unknown frame type'],
    ['an unknown dtype', (bytes: Buffer) => bytes.writeUInt8(99, tensorAt(bytes)), 'unknown dtype'],
    [
      'a length beyond the limit, before anything is allocated',
      (bytes: Buffer) => bytes.writeUInt32LE(0xffff_fff8, 0),
      'a frame of 4294967288 bytes',
    ],
    [
      'a shape that its data does not fill',
      (bytes: Buffer) => bytes.writeUInt32LE(0xffff_ffff, tensorAt(bytes) + 8),
      'shape and data disagree',
    ],
  ])('names %s', (_name, spoil, message) => {
    const bytes = encode(callWith([NdArray.from([1, 2], { dtype: 'float32' })]));
    spoil(bytes);
    expect(() => read(bytes)).toThrow(WireProtocolError);
    expect(() => read(bytes)).toThrow(message);
  });
});

/** The code of what is thrown; a TypeError has none, and is a defect. */
function codeOf(action: () => unknown): unknown {
  try {
    action();
    return 'none';
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

function tensorAt(bytes: Buffer): number {
  return 24 + Math.ceil(bytes.readUInt32LE(12) / 8) * 8;
}

describe('values', () => {
  it('are tensors, records of tensors, DataFrames, or JSON', () => {
    const x = NdArray.from([1, 2]);
    const y = NdArray.from([[3]]);
    // An object would put names that are whole numbers first, in another order.
    const table = new DataFrame([
      ['name', NdArray.from(['a', 'b'])],
      ['10', x],
      ['9', x],
    ]);
    const values = [x, { b: y, a: x }, table, { plain: [1, 'two', null] }, 'text', []];
    const { layouts, tensors } = packValues(values);
    const arrived = tensors.map(
      ({ dtype, shape, chunks }) => new NdArray(dtype, chunks[0] as never, shape),
    );
    expect(unpackValues(JSON.parse(JSON.stringify(layouts)) as never, arrived)).toEqual(values);
  });

  it.each([
    ['a function', () => 1, 'a function'],
    ['a bigint', 1n, 'a value that JSON cannot hold'],
    ['a tensor inside JSON', { a: 1, x: NdArray.from([1]) }, 'an NdArray inside JSON'],
    ['a DataFrame inside JSON', { a: 1, x: DataFrame.from([]) }, 'a DataFrame inside JSON'],
  ])('are refused when they are %s', (_name, value, message) => {
    expect(() => packValues([value])).toThrow(message);
  });
});
