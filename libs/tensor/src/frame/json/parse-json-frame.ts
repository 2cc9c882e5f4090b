import { describeName } from '../../column-names.js';
import type { DataFrame } from '../../data-frame.js';
import { InvalidDataFrameError } from '../../tensor.errors.js';
import { buildFrame } from '../build-frame.js';
import type { FrameOptions } from '../frame-options.js';
import { CellTable } from './cell-table.js';
import { JsonReader } from './json-reader.js';

/** Layouts of a table in JSON, by pandas' names. */
export const ORIENTS = ['records', 'columns', 'split', 'index', 'values'] as const;

/**
 * A layout of a table in JSON, by pandas' name: `records` is a list of objects by column name, `columns`
 * an object by column name of objects by row label, `index` the other way round, `split` an object of
 * `columns`, `index` and `data`, `values` a list of lists.
 */
export type Orient = (typeof ORIENTS)[number];

/** Options of {@link parseJsonFrame}. */
export interface JsonFrameOptions extends FrameOptions {
  /** @default 'records' */
  orient?: Orient;
}

const SHAPES: Readonly<Record<Orient, string>> = {
  records: '[{"a": 1, "b": 2}]',
  columns: '{"a": {"0": 1}, "b": {"0": 2}}',
  split: '{"columns": ["a", "b"], "data": [[1, 2]]}',
  index: '{"0": {"a": 1, "b": 2}}',
  values: '[[1, 2]]',
};

/**
 * Reads a table from JSON, in one pass over the bytes. Integers of 64 bits are exact; null, and a key
 * that a row lacks, are missing. Row labels tell rows apart and are dropped. Of `values`, which has no
 * names, `columns` names the columns; without it they are "0", "1", ….
 *
 * @throws InvalidDataFrameError naming row and column, or the byte where the JSON ends to be one.
 */
export function parseJsonFrame(bytes: Uint8Array, options: JsonFrameOptions = {}): DataFrame {
  const { orient = 'records' } = options;
  const reader = new JsonReader(bytes, `Send JSON such as ${SHAPES[orient]} (orient ${orient}).`);
  const table = new CellTable(bytes.length);
  READERS[orient](reader, table);
  reader.end();
  if (table.length > 0 && table.names.length === 0) {
    throw new InvalidDataFrameError(`Expected columns, got ${table.length} rows without any.`);
  }
  const isNamed = orient !== 'values' || options.columns === undefined;
  return buildFrame(table, isNamed ? options : { ...options, applyColumnNames: true });
}

const READERS: Readonly<Record<Orient, (reader: JsonReader, table: CellTable) => void>> = {
  records: (reader, table) => {
    reader.list('a list of objects', () => readRecord(reader, table, table.addRow()));
  },
  index: (reader, table) => {
    reader.object('an object of objects', (label) => {
      readRecord(reader, table, table.labelled(label));
    });
  },
  values: (reader, table) => {
    reader.list('a list of lists', () => readRow(reader, table, table.addRow()));
  },
  columns: readColumns,
  split: readSplit,
};

function readRecord(reader: JsonReader, table: CellTable, row: number): void {
  reader.object('an object by column name', (name, position) => {
    const column = table.named(name, position);
    const cell = reader.cell(row, name);
    table.set(column, row, cell, reader.isDecimal);
  });
}

/** A row without names: the first one tells how many columns there are, where nothing else does. */
function readRow(reader: JsonReader, table: CellTable, row: number, width?: number): void {
  let count = 0;
  const expected = width ?? (row === 0 ? undefined : table.names.length);
  reader.list('a list of values', (position) => {
    count++;
    if (expected !== undefined && count > expected) return void reader.cell(row, String(position));
    const column = expected === undefined ? table.addColumn(String(position)) : table.at(position);
    const cell = reader.cell(row, column.name);
    table.set(column, row, cell, reader.isDecimal);
  });
  if (expected === undefined || count === expected) return;
  throw new InvalidDataFrameError(`Expected ${expected} values in row ${row}, got ${count}.`, {
    details: { row },
  });
}

function readColumns(reader: JsonReader, table: CellTable): void {
  reader.object('an object by column name', (name, position) => {
    const column = table.named(name, position);
    const read = (row: number): void => {
      const cell = reader.cell(row, name);
      table.set(column, row, cell, reader.isDecimal);
    };
    // A list by column name is no orient of pandas', but can mean nothing else.
    if (reader.isAtList) {
      let count = 0;
      reader.list('a list', (row) => read(++count > table.length ? table.addRow() : row));
      if (count < table.length) throw wrongLength(name, table.length, count);
    } else {
      reader.object('an object by row label', (label) => read(table.labelled(label)));
    }
  });
}

function wrongLength(name: string, expected: number, got: number): InvalidDataFrameError {
  return new InvalidDataFrameError(
    `Expected ${expected} values in column ${describeName(name)}, as in those before it, got ${got}.`,
    { details: { column: name } },
  );
}

/** In any order, as JSON's keys are: rows that come before the columns have positions for names. */
function readSplit(reader: JsonReader, table: CellTable): void {
  let names: string[] | undefined;
  const seen = new Set<string>();
  reader.object('an object of columns, index and data', (key) => {
    if (seen.has(key)) throw reader.unexpected(`one "${key}"`);
    seen.add(key);
    if (key === 'columns') names = readNames(reader);
    else if (key === 'index') reader.list('a list', (row) => void reader.cell(row, 'index'));
    else if (key === 'data') readData(reader, table, names);
    else throw reader.unexpected('"columns", "index" and "data" only before this value');
  });
  if (names === undefined || !seen.has('data')) throw reader.unexpected('"columns" and "data"');
  table.rename(names);
}

function readNames(reader: JsonReader): string[] {
  const names: string[] = [];
  reader.list('a list of column names', (position) => {
    const name = reader.cell(position, 'columns');
    if (typeof name !== 'string' && typeof name !== 'number') {
      throw reader.unexpected('a string as the name of a column before this');
    }
    names.push(String(name));
  });
  return names;
}

function readData(
  reader: JsonReader,
  table: CellTable,
  names: readonly string[] | undefined,
): void {
  for (const name of names ?? []) table.addColumn(name);
  reader.list('a list of lists', () => readRow(reader, table, table.addRow(), names?.length));
}
