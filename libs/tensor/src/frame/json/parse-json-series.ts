import type { DType } from '../../dtype.js';
import type { NdArray } from '../../nd-array.js';
import { CellTable } from './cell-table.js';
import { JsonReader } from './json-reader.js';
import type { Orient } from './parse-json-frame.js';

/** A layout of one column in JSON: `records` and `values` are a list, the others an object by row label. */
export type SeriesOrient = Exclude<Orient, 'split'>;

/** Options of {@link parseJsonSeries}. */
export interface JsonSeriesOptions {
  /** @default 'records' */
  orient?: SeriesOrient;
  /** Without it, the values' own, as in a DataFrame. */
  dtype?: DType;
  /** Name of the column, for messages. @default 'series' */
  name?: string;
}

/** True where the column is a list. */
export function isList(orient: SeriesOrient): boolean {
  return orient === 'records' || orient === 'values';
}

/**
 * Reads one column from JSON, as an array of rank 1. Row labels are dropped, null is missing.
 *
 * @throws InvalidDataFrameError
 */
export function parseJsonSeries(bytes: Uint8Array, options: JsonSeriesOptions = {}): NdArray {
  const { orient = 'records', dtype, name = 'series' } = options;
  const shape = isList(orient) ? '[1, 2]' : '{"0": 1, "1": 2}';
  const reader = new JsonReader(bytes, `Send JSON such as ${shape} (orient ${orient}).`);
  const table = new CellTable(bytes.length);
  const column = table.addColumn(name);
  const read = (row: number): void => {
    const cell = reader.cell(row, name);
    table.set(column, row, cell, reader.isDecimal);
  };
  if (isList(orient)) reader.list('a list of values', () => read(table.addRow()));
  else reader.object('an object by row label', (label) => read(table.labelled(label)));
  reader.end();
  return table.column(0, dtype);
}
