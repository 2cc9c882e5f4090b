import { DataFrame, NdArray } from 'bentonest/tensor';
import { describe, expect, it } from 'vitest';
import { createInputCheck } from './check-inputs.js';
import type { OnnxValue } from './onnx.metadata.js';

const method = { name: 'predict', batchable: true, batchDim: [0, 0] as const };
const x: OnnxValue = { name: 'x', dtype: 'float32', shape: ['N', 4] };
const y: OnnxValue = { name: 'y', dtype: 'int64', shape: ['N'] };

const one = createInputCheck({ inputs: [x], outputs: [] });
const two = createInputCheck({ inputs: [x, y], outputs: [] });
const rows = NdArray.from([[1, 2, 3, 4]], { dtype: 'float32' });

describe('a call', () => {
  it('passes with one tensor for each input, in the model’s order', () => {
    const labels = NdArray.from([1], { dtype: 'int64' });
    expect(two(method, [rows, labels])).toEqual([rows, labels]);
    expect(() => two(method, [labels, rows])).toThrow(/Expected input "x".*rank 2/);
  });

  it('passes as it is, or cast as numpy’s same_kind casts', () => {
    expect(one(method, [rows])[0]).toBe(rows);
    expect(one(method, [{ x: rows }])).toEqual([{ x: rows }]);
    const [cast] = one(method, [NdArray.from([[1, 2, 3, 4]])]) as [NdArray];
    expect(cast).toEqual(rows);
    const labels = NdArray.from([1], { dtype: 'int8' });
    expect(two(method, [{ x: rows, y: labels }])).toEqual([{ x: rows, y: labels.astype('int64') }]);
  });

  it('has the rows of a DataFrame, or its columns where there are several inputs', () => {
    const column = NdArray.from([1, 2], { dtype: 'float32' });
    const frame = new DataFrame({ a: column, b: column, c: column, d: column });
    const table = NdArray.from([[1, 1, 1, 1], [2, 2, 2, 2]], { dtype: 'float32' }); // prettier-ignore
    expect(one(method, [frame])).toEqual([{ x: table }]);
    const a: OnnxValue = { name: 'a', dtype: 'float32', shape: ['N', 1] };
    const b: OnnxValue = { name: 'b', dtype: 'float32', shape: ['N'] };
    const byColumn = createInputCheck({ inputs: [a, b], outputs: [] });
    expect(byColumn(method, [new DataFrame({ a: column, b: column })])).toEqual([
      { a: NdArray.from([[1], [2]], { dtype: 'float32' }), b: column },
    ]);
    expect(() => byColumn(method, [frame])).toThrow(/The model has no input "c"/);
  });

  it.each<[string, typeof one, unknown[], RegExp]>([
    [
      'the rank',
      one,
      [NdArray.from([1, 2, 3, 4])],
      /"x" \(float32 \[N, 4\]\) with rank 2, got float64 \[4\]/,
    ],
    [
      'a fixed dimension',
      one,
      [NdArray.from([[1, 2, 3]])],
      /dimension 1 to be 4, got float64 \[1, 3\]/,
    ],
    [
      'the dtype',
      one,
      [NdArray.from([['a', 'b', 'c', 'd']])],
      /with dtype float32, got string \[1, 4\]/,
    ],
    ['a name', one, [{ z: rows }], /no input "z". Expected the input "x"/],
    [
      'a missing input',
      two,
      [{ x: rows }],
      /Expected input "y" \(int64 \[N\]\) as NdArray, got nothing/,
    ],
    ['one tensor for two inputs', two, [rows], /a record of the inputs "x".*"y".*without a name/],
    ['a list', one, [[[1, 2, 3, 4]]], /got a list. Use NdArray.from/],
    ['no argument', one, [], /Expected the input "x".*got 0 arguments/],
    ['too many tensors', one, [rows, rows], /Expected the input "x".*got 2 arguments/],
    [
      'an argument that is no tensor',
      two,
      [rows, [1]],
      /or one tensor for each in this order, got 2 arguments that are not all NdArrays/,
    ],
    [
      'a string that onnxruntime would cut',
      createInputCheck({ inputs: [{ name: 's', dtype: 'string', shape: [''] }], outputs: [] }),
      [NdArray.from(['a', 'b\0c'])],
      /"s" \(string \[any\]\) without NUL characters.*in element 1/,
    ],
    [
      'an inherited name',
      one,
      [Object.create({ x: rows }) as object],
      /Expected input "x".*got nothing/,
    ],
  ])('is refused with 400 for %s', (_name, check, args, message) => {
    let error: unknown;
    try {
      check(method, args);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'INVALID_MODEL_INPUT', statusCode: 400 });
    expect((error as Error).message).toMatch(message);
  });
});
