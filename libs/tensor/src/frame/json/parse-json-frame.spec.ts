import { describe, expect, it } from 'vitest';
import type { DataFrame } from '../../data-frame.js';
import { parseJsonFrame } from './parse-json-frame.js';
import type { JsonFrameOptions } from './parse-json-frame.js';
import { parseJsonSeries } from './parse-json-series.js';
import { stringifyJsonFrame } from './stringify-json-frame.js';

const parse = (text: string, options: JsonFrameOptions = {}): DataFrame =>
  parseJsonFrame(Buffer.from(text), options);

describe('columns', () => {
  const body = '[{"b":2,"a":1,"c":"x"},{"a":3,"b":4,"c":null}]';

  it('come in their order, without others, whatever those hold', () => {
    const frame = parse(body, { columns: ['a', 'b'] });
    expect(frame.toRecords()).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ]);
    expect(frame.names).toEqual(['a', 'b']);
  });

  it('are refused where one is missing, by name', () => {
    expect(() => parse(body, { columns: ['a', 'x', 'y'] })).toThrow(
      'Expected columns "x", "y", got "b", "a", "c". Send every column that is expected.',
    );
    const loose = parse('[{"b":2,"a":1}]', { columns: ['a', 'x'], enforceColumns: false });
    expect(loose.names).toEqual(['a', 'b']);
  });

  it('are renamed by position, all of them', () => {
    const options = { columns: ['x', 'y'], applyColumnNames: true, dtypes: { y: 'int8' } } as const;
    expect(parse('[{"b":2,"a":1}]', options).dtypes).toEqual({ x: 'int64', y: 'int8' });
    expect(() => parse('[{"b":2}]', options)).toThrow('Expected 2 columns ("x", "y"), got 1.');
  });

  it('of values have the names that are expected', () => {
    expect(parse('[[1,"x"]]', { orient: 'values', columns: ['n', 's'] }).names).toEqual(['n', 's']);
    expect(parse('[[1,"x"]]', { orient: 'values' }).names).toEqual(['0', '1']);
  });

  it('are there without rows', () => {
    const frame = parse('[]', { columns: ['a', 'b'], dtypes: { b: 'string' } });
    expect(frame.dtypes).toEqual({ a: 'float64', b: 'string' });
    expect(frame.shape).toEqual([0, 2]);
  });
});

describe('cells', () => {
  it('that are missing are NaN among numbers, absent keys too', () => {
    const frame = parse('[{"a":1,"b":0.5},{"a":null},{"a":3}]');
    expect(frame.column('a').data).toEqual(Float64Array.of(1, NaN, 3));
    expect(frame.column('b').data).toEqual(Float64Array.of(0.5, NaN, NaN));
    expect(parse('[{"a":null}]').dtypes).toEqual({ a: 'float64' });
  });

  it('are exact integers of 64 bits, or refused', () => {
    const text = '[{"a":9007199254740993},{"a":-9223372036854775808}]';
    expect(parse(text).column('a').data).toEqual(
      BigInt64Array.of(9007199254740993n, -9223372036854775808n),
    );
    expect(parse('[{"a":18446744073709551615}]').dtypes).toEqual({ a: 'uint64' });
    expect(() => parse('[{"a":9007199254740993},{}]')).toThrow(
      'in row 0 of column "a", got the number 9007199254740993. Give the column a dtype',
    );
    const asFloat = parse('[{"a":9007199254740993},{}]', { dtypes: 'float64' });
    expect(asFloat.column('a').data[0]).toBe(9007199254740992);
  });

  it.each([
    ['1e3', [1000n]],
    ['9007199254740993.0', [9007199254740993n]],
    ['1234567890123457e3', [1234567890123457000n]],
    ['-0', [0n]],
  ])('written as %s are whole numbers to int64', (text, expected) => {
    const frame = parse(`[{"a":${text}}]`, { dtypes: 'int64' });
    expect([...(frame.column('a').data as BigInt64Array)]).toEqual(expected);
  });

  it.each([
    ['1.00000000000000000001', 'int64', 'a whole number from'],
    ['1e-400', 'int64', 'a whole number from'],
    [
      '300',
      'uint8',
      'a whole number from 0 to 255 (uint8) in row 0 of column "a", got the number 300',
    ],
    ['1e999', 'float64', 'a number (float64) in row 0 of column "a", got the number 1e999'],
    ['65520', 'float16', 'a number (float16)'],
    ['null', 'int32', 'got null: only columns of floats may have gaps'],
    ['"1"', 'int32', 'got the string "1"'],
    ['1', 'string', 'Expected a string in row 0 of column "a", got the number 1'],
    ['1', 'bool', 'Expected true or false in row 0 of column "a"'],
  ] as const)('of %s do not become %s', (text, dtype, message) => {
    expect(() => parse(`[{"a":${text}}]`, { dtypes: dtype })).toThrow(message);
  });

  it.each([
    ['[{"a":1},{"a":"x"}]', 'in row 1 of column "a", got the string "x"'],
    ['[{"a":"x"},{"a":null}]', 'Expected a string in row 1 of column "a", got null'],
    ['[{"a":true},{}]', 'Expected true or false in row 1 of column "a", got nothing'],
    ['[{"a":[1]}]', 'a number, a string, true, false or null in row 0 of column "a", got a list'],
    ['[{"a":{}}]', 'in row 0 of column "a", got an object'],
    ['[{"a":NaN}]', 'in row 0 of column "a", got NaN'],
    ['[{"a":1,"a":2}]', 'Expected one value in row 0 of column "a", got two'],
  ])('are told by row and column: %s', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});

describe('JSON', () => {
  it.each([
    [
      '',
      'records',
      'Expected a list of objects at byte 0, got the end. Send JSON such as [{"a": 1',
    ],
    ['{"a":{"0":1}}', 'records', 'Expected a list of objects at byte 0, got an object.'],
    ['[{"a":1}', 'records', 'Expected "," or "]" at byte 8, got the end'],
    ['[{"a":1},]', 'records', 'Expected an object by column name at byte 9'],
    ['[{"a":01}]', 'records', 'Expected a number at byte 6'],
    ['[{"a":1.}]', 'records', 'digits behind its point'],
    ['[{"a":1e}]', 'records', 'digits in its exponent'],
    ['[{"a":-}]', 'records', 'Expected a number at byte 6'],
    ['[{"a":1}] x', 'records', 'Expected the end at byte 10'],
    ['[{"a":"\xff"}]', 'records', 'valid UTF-8'],
    ['[{}]', 'records', 'Expected columns, got 1 rows without any'],
    ['[[1,2],[3]]', 'values', 'Expected 2 values in row 1, got 1.'],
    ['[[1],[2,3]]', 'values', 'Expected 1 values in row 1, got 2.'],
    [
      '{"a":[1,2],"b":[1]}',
      'columns',
      'Expected 2 values in column "b", as in those before it, got 1',
    ],
    ['{"columns":["a"],"data":[[1,2]]}', 'split', 'Expected 1 values in row 0, got 2.'],
    ['{"data":[[1,2]],"columns":["a"]}', 'split', 'Expected 1 values in each row'],
    ['{"data":[[1]]}', 'split', 'Expected "columns" and "data"'],
    ['{"columns":["a"],"rows":[]}', 'split', '"columns", "index" and "data" only'],
    ['{"columns":["a"],"columns":["b"],"data":[]}', 'split', 'Expected one "columns"'],
  ] as const)('that is no table is refused: %j as %s', (text, orient, message) => {
    const bytes = Buffer.from(text, 'latin1');
    expect(() => parseJsonFrame(bytes, { orient })).toThrow(message);
  });

  it('of split may have its rows first', () => {
    const frame = parse('{"data":[[1,"x"]],"index":[7],"columns":["a",1]}', { orient: 'split' });
    expect(frame.names).toEqual(['a', '1']);
    expect(frame.toRecords()).toEqual([{ a: 1, 1: 'x' }]);
  });

  it('of columns is put together by row label, or in lists', () => {
    const labelled = parse('{"a":{"x":1,"y":2},"b":{"y":4,"x":3}}', { orient: 'columns' });
    expect(labelled.toRecords()).toEqual([
      { a: 1, b: 3 },
      { a: 2, b: 4 },
    ]);
    expect(parse('{"a":[1,2],"b":[3,4]}', { orient: 'columns' }).equals(labelled)).toBe(true);
  });

  it('does not reach prototypes', () => {
    const frame = parse('[{"__proto__":1,"constructor":2}]', {
      columns: ['__proto__', 'constructor'],
    });
    expect(frame.names).toEqual(['__proto__', 'constructor']);
    expect(stringifyJsonFrame(frame)).toBe('[{"__proto__":1,"constructor":2}]');
    expect(() => parse('[{"a":1}]', { columns: ['toString'] })).toThrow('a column "toString"');
  });

  it('cannot make more cells than its size allows', () => {
    const rows = Array.from({ length: 10_000 }, (_, row) => `{"c${row}":1}`);
    expect(() => parse(`[${rows.join()}]`)).toThrow(/at most 4194304 cells in a body of \d+ bytes/);
  });

  it('nested however deep is refused without recursion', () => {
    expect(() => parse(`[{"a":${'['.repeat(1e6)}`)).toThrow('got a list');
  });
});

describe('a series', () => {
  it('is a list, or an object by row label', () => {
    const list = parseJsonSeries(Buffer.from('[1.5, null]'), { dtype: 'float32' });
    expect(list).toMatchObject({ dtype: 'float32', shape: [2], data: Float32Array.of(1.5, NaN) });
    const labelled = parseJsonSeries(Buffer.from('{"7":1,"3":2}'), { orient: 'index' });
    expect(labelled.data).toEqual(BigInt64Array.of(1n, 2n));
    expect(parseJsonSeries(Buffer.from('[]')).dtype).toBe('float64');
  });

  it('is told by its name', () => {
    const read = (): unknown => parseJsonSeries(Buffer.from('[1,"x"]'), { name: 'price' });
    expect(read).toThrow('in row 1 of column "price", got the string "x"');
  });
});
