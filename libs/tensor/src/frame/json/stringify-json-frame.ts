import type { DataFrame } from '../../data-frame.js';
import { isFloat } from '../../dtype.js';
import { writerOf } from '../../json/stringify-nd-array.js';
import type { Write } from '../../json/stringify-nd-array.js';
import type { NdArray } from '../../nd-array.js';
import type { Orient } from './parse-json-frame.js';
import { isList } from './parse-json-series.js';
import type { SeriesOrient } from './parse-json-series.js';

/**
 * JSON of a table, as pandas writes it: rows are labelled by their number, floats have a point, NaN
 * and infinities are null, integers of 64 bits have all their digits.
 */
export function stringifyJsonFrame(frame: DataFrame, orient: Orient = 'records'): string {
  const { names, length } = frame;
  const writers = names.map((name) => cellWriter(frame.columns[name]));
  const keys = names.map((name) => JSON.stringify(name));
  const record = (row: number): string =>
    `{${join(keys.length, (at) => `${keys[at]}:${writers[at](row)}`)}}`;
  const values = (row: number): string => `[${join(writers.length, (at) => writers[at](row))}]`;
  switch (orient) {
    case 'records':
      return `[${join(length, record)}]`;
    case 'index':
      return `{${join(length, (row) => `"${row}":${record(row)}`)}}`;
    case 'columns':
      return `{${join(keys.length, (at) => `${keys[at]}:${labelled(length, writers[at])}`)}}`;
    case 'values':
      return `[${join(length, values)}]`;
    case 'split': {
      const index = join(length, String);
      return `{"columns":[${keys.join()}],"index":[${index}],"data":[${join(length, values)}]}`;
    }
  }
}

/** JSON of one column, as {@link stringifyJsonFrame} writes its values. */
export function stringifyJsonSeries(array: NdArray, orient: SeriesOrient = 'records'): string {
  const write = cellWriter(array);
  return isList(orient) ? `[${join(array.size, write)}]` : labelled(array.size, write);
}

function labelled(length: number, write: Write): string {
  return `{${join(length, (row) => `"${row}":${write(row)}`)}}`;
}

function join(count: number, write: (position: number) => string): string {
  let text = '';
  for (let position = 0; position < count; position++) {
    text += position === 0 ? write(position) : `,${write(position)}`;
  }
  return text;
}

const WHOLE = /^-?\d+$/;

/** A column of floats stays one where it is read: `1.0`. */
export function cellWriter({ dtype, data }: NdArray): Write {
  const write = writerOf(dtype, data);
  if (!isFloat(dtype)) return write;
  return (row) => {
    const text = write(row);
    return WHOLE.test(text) ? `${text}.0` : text;
  };
}
