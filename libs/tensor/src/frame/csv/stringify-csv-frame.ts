import type { DataFrame } from '../../data-frame.js';
import { isFloat } from '../../dtype.js';
import { float16ToNumber } from '../../float16.js';
import type { Write } from '../../json/stringify-nd-array.js';
import type { NdArray } from '../../nd-array.js';
import { cellWriter } from '../json/stringify-json-frame.js';

const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

/**
 * CSV of a table, as pandas writes it without its index: a line of column names, NaN as an empty field,
 * `inf` and `-inf`, fields in quotes where they need them. Lines end in LF.
 */
export function stringifyCsvFrame(frame: DataFrame): string {
  const { names, length } = frame;
  const writers = names.map((name) => fieldWriter(frame.columns[name]));
  let text = line(names.map((name) => quote(name)));
  for (let row = 0; row < length; row++) text += line(writers.map((write) => write(row)));
  return text;
}

/** A line with one empty field would be an empty line, which is no row. */
function line(fields: readonly string[]): string {
  return fields.length === 1 && fields[0] === '' ? '""\n' : `${fields.join()}\n`;
}

function fieldWriter(column: NdArray): Write {
  const { dtype, data } = column;
  if (dtype === 'string') return (row) => quote((data as string[])[row]);
  const write = cellWriter(column);
  if (!isFloat(dtype)) return write;
  return (row) => {
    const element = data[row] as number;
    const value = dtype === 'float16' ? float16ToNumber(element) : element;
    if (Number.isFinite(value)) return write(row);
    return Number.isNaN(value) ? '' : value > 0 ? 'inf' : '-inf';
  };
}

function quote(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
