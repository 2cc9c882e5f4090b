import { NdArray } from './nd-array.js';
import type { DType } from './dtype.js';
import { describeShape } from './shape.js';
import { InvalidDataFrameError } from './tensor.errors.js';

/** A value of a DataFrame; null is a missing number, held as NaN. */
export type Cell = number | bigint | boolean | string | null;

/**
 * A table of named columns, each a one-dimensional NdArray of its own dtype: the part that a pandas
 * DataFrame plays in Python. All columns have the same number of rows.
 */
export class DataFrame {
  readonly columns: Readonly<Record<string, NdArray>>;
  /** Number of rows. */
  readonly length: number;

  /**
   * Takes the columns as they are, without a copy, in the order of the object's keys.
   *
   * @throws InvalidDataFrameError naming the column that is not one-dimensional or differs in length.
   */
  constructor(columns: Readonly<Record<string, NdArray>>) {
    const [first] = Object.values(columns);
    this.length = first?.shape[0] ?? 0;
    for (const [name, { shape }] of Object.entries(columns)) {
      if (shape.length === 1 && shape[0] === this.length) continue;
      throw new InvalidDataFrameError(
        `Expected column "${name}" of shape [${this.length}], got ${describeShape(shape)}.`,
        { details: { column: name } },
      );
    }
    this.columns = columns;
  }

  /**
   * A DataFrame of rows (objects by column name), or of columns (lists by name). Numbers become
   * float64, bigints int64, booleans bool and strings string, unless `dtypes` names another dtype;
   * a null among numbers is NaN.
   *
   * @example DataFrame.from([{ sepal_len: 6.2, species: 'virginica' }])
   * @throws InvalidDataFrameError naming column and row of what is missing or of another kind.
   */
  static from(
    values: readonly Readonly<Record<string, Cell>>[] | Readonly<Record<string, readonly Cell[]>>,
    options: { dtypes?: Readonly<Record<string, DType>> } = {},
  ): DataFrame {
    const { dtypes = {} } = options;
    const lists = Array.isArray(values)
      ? toColumns(values as readonly Readonly<Record<string, Cell>>[])
      : (values as Readonly<Record<string, readonly Cell[]>>);
    const columns = Object.entries(lists).map(
      ([name, cells]) => [name, toArray(name, cells, dtypes[name])] as const,
    );
    return new DataFrame(Object.fromEntries(columns));
  }

  /** Names of the columns, in order. */
  get names(): readonly string[] {
    return Object.keys(this.columns);
  }

  /** Rows and columns. */
  get shape(): readonly [rows: number, columns: number] {
    return [this.length, this.names.length];
  }

  /**
   * The numeric columns side by side, as an array of shape [rows, columns].
   *
   * @throws DTypeMismatchError for a column that is not cast to the dtype.
   */
  toNdArray<D extends DType = 'float64'>(options: { dtype?: D } = {}): NdArray<D> {
    const dtype = options.dtype ?? ('float64' as D);
    const arrays = Object.values(this.columns).map((column) => column.astype(dtype));
    const rows = Array.from({ length: this.length }, (_, row) =>
      arrays.map(({ data }) => data[row] as number),
    );
    if (rows.length > 0) return NdArray.from<D>(rows, { dtype });
    return new NdArray(dtype, arrays[0]?.data ?? NdArray.from<D>([], { dtype }).data, this.shape);
  }

  /** One object per row; NaN is null. */
  toRecords(): Record<string, Cell>[] {
    const columns = Object.entries(this.columns).map(
      ([name, column]) => [name, column.toNested() as Cell[]] as const,
    );
    return Array.from({ length: this.length }, (_, row) =>
      Object.fromEntries(columns.map(([name, cells]) => [name, toCell(cells[row])])),
    );
  }

  /** What JSON.stringify writes of it: records. */
  toJSON(): Record<string, Cell>[] {
    return this.toRecords();
  }
}

function toColumns(rows: readonly Readonly<Record<string, Cell>>[]): Record<string, Cell[]> {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  const cells = [...names].map(
    (name) => [name, rows.map((row) => (Object.hasOwn(row, name) ? row[name] : null))] as const,
  );
  return Object.fromEntries(cells);
}

function toArray(name: string, cells: readonly Cell[], dtype: DType | undefined): NdArray {
  const isNumeric = cells.some((cell) => typeof cell === 'number');
  const missing = cells.indexOf(null);
  if (missing !== -1 && !isNumeric) {
    throw new InvalidDataFrameError(
      `Expected a value in row ${missing} of column "${name}", got null: only numbers may be missing.`,
      { details: { column: name, row: missing } },
    );
  }
  const filled = cells.map((cell) => cell ?? Number.NaN);
  try {
    return NdArray.from(filled, dtype === undefined ? {} : { dtype });
  } catch (cause) {
    throw new InvalidDataFrameError(`Column "${name}": ${(cause as Error).message}`, {
      details: { column: name },
      cause,
    });
  }
}

function toCell(cell: Cell): Cell {
  return typeof cell === 'number' && Number.isNaN(cell) ? null : cell;
}
