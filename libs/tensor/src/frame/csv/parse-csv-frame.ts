import type { CsvError } from 'csv-parse/sync';
import type { DataFrame } from '../../data-frame.js';
import type { DType } from '../../dtype.js';
import { NdArray } from '../../nd-array.js';
import { buildFrame } from '../build-frame.js';
import type { FrameSource } from '../build-frame.js';
import { DecimalText, cellsToArray, numberCell } from '../cells.js';
import type { FrameCell } from '../cells.js';
import { malformedFrame } from '../frame-errors.js';
import type { FrameOptions } from '../frame-options.js';

/** What pandas reads as a missing value, empty fields besides. */
const MISSING: ReadonlySet<string> = new Set(
  '#N/A,#N/A N/A,#NA,-1.#IND,-1.#QNAN,-NaN,-nan,1.#IND,1.#QNAN,<NA>,N/A,NA,NULL,NaN,None,n/a,nan,null'.split(
    ',',
  ),
);
const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);
const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITY = /^[+-]?inf(?:inity)?$/i;

/**
 * Reads a table from CSV in UTF-8: a line of column names, then a line per row; commas, fields in
 * quotes, lines that end in LF, CR or CRLF. Without a dtype, a column of integers is int64, of other
 * numbers float64, of `true` and `false` bool, anything else string. A missing value is an empty field
 * or one of pandas' words for it (`NaN`, `NA`, `null`, …); in a column of strings it is the text as it
 * stands.
 *
 * @throws InvalidDataFrameError naming row and column.
 */
export async function parseCsvFrame(
  bytes: Uint8Array,
  options: FrameOptions = {},
): Promise<DataFrame> {
  const [header, ...rows] = await parseRows(decodeUtf8(bytes));
  if (header === undefined) {
    throw malformedFrame('Expected a line of column names, got an empty body. Send CSV.');
  }
  return buildFrame(new CsvSource(header, rows), options);
}

class CsvSource implements FrameSource {
  constructor(
    readonly names: readonly string[],
    private readonly rows: readonly (readonly string[])[],
  ) {}

  get length(): number {
    return this.rows.length;
  }

  column(position: number, dtype: DType | undefined): NdArray {
    const texts = this.rows.map((row) => row[position]);
    if (dtype === 'string') return new NdArray('string', texts, [texts.length]);
    const name = this.names[position];
    let hasDecimals = false;
    let hasStrings = false;
    const cells = texts.map((text) => {
      const cell = cellOf(text);
      const isNumber = typeof cell === 'number' || cell instanceof DecimalText;
      hasDecimals ||= isNumber && !INTEGER.test(text.trim());
      hasStrings ||= typeof cell === 'string';
      return cell;
    });
    const isMixed = hasStrings || isOfTwoKinds(cells);
    if (dtype === undefined && isMixed) return new NdArray('string', texts, [texts.length]);
    return cellsToArray({ name, cells, hasDecimals }, dtype);
  }
}

function cellOf(field: string): FrameCell {
  const text = field.trim();
  if (text === '' || MISSING.has(text)) return null;
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (INTEGER.test(text)) return numberCell(text.replace('+', ''), false);
  if (DECIMAL.test(text)) return numberCell(text, true);
  if (INFINITY.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return field;
}

function isOfTwoKinds(cells: readonly FrameCell[]): boolean {
  const booleans = cells.filter((cell) => typeof cell === 'boolean').length;
  return booleans > 0 && cells.some((cell) => cell !== null && typeof cell !== 'boolean');
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    // Drops a byte order mark as well.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformedFrame(
      'Expected CSV in UTF-8, got bytes that are none. Encode it as UTF-8.',
      cause,
    );
  }
}

async function parseRows(text: string): Promise<string[][]> {
  // When it is used: workers load this lib as well, and no package before they have to.
  const { CsvError, parse } = await import('csv-parse/sync');
  try {
    return parse(text, { record_delimiter: ['\r\n', '\n', '\r'], skip_empty_lines: true });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw malformedFrame(describe(cause), cause);
  }
}

/** csv-parse quotes the body; a client knows what it sent, a log should not. */
function describe({ code, lines, record, column }: CsvError & Record<string, unknown>): string {
  const line = `line ${String(lines)}`;
  switch (code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return `Expected as many fields in ${line} as in the first, got ${(record as string[]).length}. Put fields that hold commas in quotes.`;
    case 'CSV_QUOTE_NOT_CLOSED':
      return `Expected a closing quote for the field that opens in ${line}, got the end.`;
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return `Expected quotes around whole fields only, got one inside field ${String(column)} of ${line}. Double a quote within quotes.`;
    default:
      return `Expected CSV, got what is none in ${line}.`;
  }
}
