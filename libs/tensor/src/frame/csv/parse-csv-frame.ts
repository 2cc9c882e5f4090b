import { isUtf8 } from 'node:buffer';
import { DataFrame } from '../../data-frame.js';
import type { NamedColumn } from '../../data-frame.js';
import type { DType } from '../../dtype.js';
import { NdArray } from '../../nd-array.js';
import { pickColumns } from '../build-frame.js';
import { cellsToArray, numberCell, numbersToArray } from '../cells.js';
import type { FrameCell } from '../cells.js';
import { malformedFrame } from '../frame-errors.js';
import { dtypeOf } from '../frame-options.js';
import type { FrameOptions } from '../frame-options.js';
import { BLOCK_ROWS, nextTurn } from './next-turn.js';
import { readNumbers } from './read-numbers.js';
import { fieldText, scanCsv } from './scan-csv.js';
import type { CsvFields } from './scan-csv.js';

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
 * stands. A long body is read in pieces, between which the process serves others.
 *
 * @throws InvalidDataFrameError naming row and column.
 */
export async function parseCsvFrame(
  bytes: Uint8Array,
  options: FrameOptions = {},
): Promise<DataFrame> {
  const fields = await scanCsv(toText(bytes));
  const { width } = fields;
  if (width === 0) {
    throw malformedFrame('Expected a line of column names, got an empty body. Send CSV.');
  }
  const names = Array.from(fields.starts.subarray(0, width), (start) =>
    fieldText(fields.bytes, start),
  );
  const columns: NamedColumn[] = [];
  for (const { name, position } of pickColumns(names, options)) {
    const source = { fields, position, name: names[position] };
    columns.push([name, await readColumn(source, dtypeOf(options, name))]);
  }
  return new DataFrame(columns);
}

/** A column of the body, under the name that it has there. */
interface CsvColumn {
  readonly fields: CsvFields;
  readonly position: number;
  readonly name: string;
}

async function readColumn(column: CsvColumn, dtype: DType | undefined): Promise<NdArray> {
  if (dtype === 'string') return readTexts(column);
  const { name, fields, position } = column;
  const plain =
    dtype === 'bool' || fields.length === 0 ? undefined : await readNumbers(fields, position);
  return plain === undefined ? readCells(column, dtype) : numbersToArray({ name, ...plain }, dtype);
}

async function readTexts({ fields, position }: CsvColumn): Promise<NdArray> {
  const texts: string[] = [];
  await eachText(fields, position, (text) => {
    texts.push(text);
    return true;
  });
  return new NdArray('string', texts, [texts.length]);
}

async function readCells(column: CsvColumn, dtype: DType | undefined): Promise<NdArray> {
  const { fields, position, name } = column;
  const cells: FrameCell[] = [];
  let hasDecimals = false;
  let hasNumbers = false;
  let hasBooleans = false;
  const isOfOneKind = await eachText(fields, position, (text) => {
    const cell = cellOf(text);
    if (typeof cell === 'boolean') hasBooleans = true;
    else if (cell !== null && typeof cell !== 'string') {
      hasNumbers = true;
      hasDecimals ||= !INTEGER.test(text.trim());
    }
    cells.push(cell);
    return dtype !== undefined || (typeof cell !== 'string' && !(hasBooleans && hasNumbers));
  });
  return isOfOneKind ? cellsToArray({ name, cells, hasDecimals }, dtype) : readTexts(column);
}

/** Gives each cell's text to `take` until it says false, which is returned. */
async function eachText(
  { bytes, starts, width, length }: CsvFields,
  position: number,
  take: (text: string) => boolean,
): Promise<boolean> {
  for (let row = 1; row <= length; row++) {
    if (!take(fieldText(bytes, starts[row * width + position]))) return false;
    if (row % BLOCK_ROWS === 0) await nextTurn();
  }
  return true;
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

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

function toText(bytes: Uint8Array): Buffer {
  if (!isUtf8(bytes)) {
    throw malformedFrame('Expected CSV in UTF-8, got bytes that are none. Encode it as UTF-8.');
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isMarked = buffer.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return isMarked ? buffer.subarray(BYTE_ORDER_MARK.length) : buffer;
}
