import { describe, expect, it } from 'vitest';
import type { DataFrame } from '../../data-frame.js';
import type { FrameOptions } from '../frame-options.js';
import { parseCsvFrame } from './parse-csv-frame.js';

const parse = (text: string, options: FrameOptions = {}): Promise<DataFrame> =>
  parseCsvFrame(Buffer.from(text), options);

describe('types of columns', () => {
  it.each([
    ['1,+2,-3', 'int64', [1n, 2n, -3n]],
    ['9007199254740993', 'int64', [9007199254740993n]],
    ['18446744073709551615', 'uint64', [18446744073709551615n]],
    ['1,2.5,.5,5.,1e3', 'float64', [1, 2.5, 0.5, 5, 1000]],
    ['1,"",3', 'float64', [1, NaN, 3]],
    ['1,NaN,null,N/A', 'float64', [1, NaN, NaN, NaN]],
    ['inf,-inf,Infinity', 'float64', [Infinity, -Infinity, Infinity]],
    ['"",NA', 'float64', [NaN, NaN]],
    ['true,False,TRUE', 'bool', [1, 0, 1]],
    ['1,x,', 'string', ['1', 'x', '']],
    ['true,1', 'string', ['true', '1']],
    ['2020-01-01', 'string', ['2020-01-01']],
    ['0x10,1_000', 'string', ['0x10', '1_000']],
  ])('%s is %s', async (fields, dtype, expected) => {
    const frame = await parse(
      `a,b\n${fields
        .split(',')
        .map((field) => `${field},0\n`)
        .join('')}`,
    );
    const column = frame.column('a');
    expect({ dtype: column.dtype, values: [...column.data] }).toEqual({ dtype, values: expected });
  });

  it('are those that are asked for', async () => {
    const options = { dtypes: { zip: 'string', n: 'float32', k: 'int8' } } as const;
    const frame = await parse('zip,n,k\n007,1,1e1\nNA,,2\n', options);
    expect(frame.toRecords()).toEqual([
      { zip: '007', n: 1, k: 10 },
      { zip: 'NA', n: null, k: 2 },
    ]);
  });

  it.each([
    ['a\n1\nx\n', { dtypes: 'int64' }, 'in row 1 of column "a", got the string "x"'],
    [
      'a,b\n1,1\n,1\n',
      { dtypes: { a: 'int64' } },
      'row 1 of column "a", got null: only columns of floats',
    ],
    ['a,b\ntrue,1\n,1\n', {}, 'Expected true or false in row 1 of column "a", got null'],
    ['a\n9007199254740993\nNaN\n', {}, 'Expected a number that float64 holds exactly'],
    ['a\n1e999\n', {}, 'Expected a number (float64) in row 0 of column "a", got the number 1e999'],
  ] as const)('refuse what does not belong: %j', async (text, options, message) => {
    await expect(parse(text, options)).rejects.toThrow(message);
  });
});

describe('lines and fields', () => {
  it('may be in quotes, end in CRLF or CR, and begin with a byte order mark', async () => {
    const text = '\uFEFFa,"b ""c"""\r\n1,"x, y\r\nz"\r\n\r\n2,""';
    const frame = await parse(text);
    expect(frame.names).toEqual(['a', 'b "c"']);
    expect(frame.column('b "c"').data).toEqual(['x, y\r\nz', '']);
    expect((await parse('a\r1\r2')).column('a').data).toEqual(BigInt64Array.of(1n, 2n));
  });

  it('give a table without rows, where there is only a header', async () => {
    expect((await parse('a,b\n')).shape).toEqual([0, 2]);
  });

  it.each([
    ['', 'Expected a line of column names, got an empty body.'],
    ['a,b\n1\n', 'Expected as many fields in line 2 as in the first, got 1.'],
    ['a\n"x\n', 'Expected a closing quote for the field that opens in line 2, got the end.'],
    ['a\nx"y"\n', 'Expected quotes around whole fields only, got one inside field 0 of line 2.'],
    ['a,a\n1,2\n', 'Expected each column once, got "a" twice.'],
  ])('that are no CSV are refused: %j', async (text, message) => {
    await expect(parse(text)).rejects.toThrow(message);
  });

  it('that are no UTF-8 are refused', async () => {
    await expect(parseCsvFrame(Buffer.from([0x61, 0x0a, 0xff]))).rejects.toThrow(
      'Expected CSV in UTF-8',
    );
  });

  it('of long digits take no more than their length', async () => {
    const digits = '1'.repeat(1e6);
    expect((await parse(`a\n${digits}x\n`)).dtypes).toEqual({ a: 'string' });
  });
});
