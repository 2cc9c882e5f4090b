import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DType } from '../../dtype.js';
import { parseCsvFrame } from './parse-csv-frame.js';

/** What csv-parse makes of the text, as columns below a header of column numbers. */
function reference(text: string): string[][] | 'refused' {
  try {
    return parse(text, { record_delimiter: ['\r\n', '\n', '\r'], skip_empty_lines: true });
  } catch {
    return 'refused';
  }
}

async function own(text: string): Promise<string[][] | 'refused'> {
  const width = text.split(',').length;
  // Names do not matter, and two that are the same do not either.
  for (let columns = 1; columns <= width; columns++) {
    try {
      const names = Array.from({ length: columns }, (_, i) => `c${i}`);
      const options = { columns: names, applyColumnNames: true, dtypes: 'string' } as const;
      const frame = await parseCsvFrame(Buffer.from(text), options);
      return Array.from({ length: frame.length }, (_, row) =>
        names.map((name) => String(frame.column(name).data[row])),
      );
    } catch (error) {
      if (!/^Expected \d+ columns/.test((error as Error).message)) return 'refused';
    }
  }
  return 'refused';
}

it('rows and fields are those of csv-parse, or neither takes the text', async () => {
  const pieces = fc.constantFrom(
    'a',
    'é',
    '1',
    ',',
    ',',
    '"',
    '""',
    '"b"',
    '\n',
    '\r',
    '\r\n',
    ' ',
  );
  const texts = fc.array(pieces, { maxLength: 12 }).map((each) => each.join(''));
  const property = fc.asyncProperty(texts, async (text) => {
    const expected = reference(text);
    const isTable = expected !== 'refused' && expected.length > 0;
    expect(await own(text)).toEqual(isTable ? expected.slice(1) : 'refused');
  });
  await fc.assert(property, { numRuns: 1000 });
}, 20_000);

it('plain numbers, which have a way of their own, become what they become in quotes', async () => {
  const digits = fc.stringMatching(/^-?\d{1,18}(\.\d{0,12})?$/);
  const small = fc.stringMatching(/^-?[1-9]\d{0,4}(\.0)?$/);
  const cells = fc.oneof(fc.array(digits, { minLength: 1 }), fc.array(small, { minLength: 1 }));
  const dtypes = fc.constantFrom(
    undefined,
    'int64',
    'uint64',
    'int8',
    'float16',
    'float32',
    'bool',
  );
  const read = async (texts: readonly string[], dtype: DType | undefined): Promise<unknown> => {
    try {
      const body = Buffer.from(`a\n${texts.join('\n')}\n`);
      return (await parseCsvFrame(body, dtype === undefined ? {} : { dtypes: dtype })).column('a');
    } catch (error) {
      // A number may come back as it was written, or as it was read.
      return (error as Error).message.split(', got')[0];
    }
  };
  const property = fc.asyncProperty(cells, dtypes, async (texts, dtype) => {
    const quoted = texts.map((text) => `"${text}"`);
    expect(await read(texts, dtype)).toEqual(await read(quoted, dtype));
  });
  await fc.assert(property, { numRuns: 1000 });
}, 20_000);
