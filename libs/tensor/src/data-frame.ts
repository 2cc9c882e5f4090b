import { checkUnique, describeNames } from './column-names.js';
import { commonDType } from './common-dtype.js';
import { allocate } from './dtype.js';
import type { DType, NumericDType, TensorDataOf } from './dtype.js';
import { NdArray } from './nd-array.js';
import { describeShape } from './shape.js';
import { InvalidDataFrameError } from './tensor.errors.js';

/** A value of a DataFrame; null is a missing number, held as NaN. */
export type Cell = number | bigint | boolean | string | null;

/** A column with its name. */
export type NamedColumn = readonly [name: string, column: NdArray];

/** Options of {@link DataFrame.from}. */
export interface DataFrameOptions {
  /** dtypes by column name; other columns get the one their values have of themselves. */
  dtypes?: Readonly<Record<string, DType>>;
}

/**
 * A table of named columns, each a one-dimensional NdArray of its own dtype: the part that a pandas
 * DataFrame plays in Python. All columns have the same number of rows.
 */
export class DataFrame {
  /** The columns by name. Of names that are whole numbers only `names` has the order. */
  readonly columns: Readonly<Record<string, NdArray>>;
  /** Names of the columns, in order. */
  readonly names: readonly string[];
  /** Number of rows. */
  readonly length: number;

  /**
   * Takes the columns as they are, without a copy: by name, or as pairs of name and column, which keep
   * their order even where the names are whole numbers.
   *
   * @throws InvalidDataFrameError naming the column that is not one-dimensional, differs in length or
   * comes twice.
   */
  constructor(columns: Readonly<Record<string, NdArray>> | Iterable<NamedColumn>) {
    const entries = isIterable(columns) ? [...columns] : Object.entries(columns);
    this.length = entries[0]?.[1].shape[0] ?? 0;
    for (const [name, { shape }] of entries) {
      if (shape.length === 1 && shape[0] === this.length) continue;
      throw new InvalidDataFrameError(
        `Expected column "${name}" of shape [${this.length}], got ${describeShape(shape)}.`,
        { details: { column: name } },
      );
    }
    this.names = entries.map(([name]) => name);
    checkUnique(this.names);
    this.columns = Object.fromEntries(entries);
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
    options: DataFrameOptions = {},
  ): DataFrame {
    return Array.isArray(values)
      ? DataFrame.fromRecords(values as readonly Readonly<Record<string, Cell>>[], options)
      : DataFrame.fromColumns(values as Readonly<Record<string, readonly Cell[]>>, options);
  }

  /** {@link DataFrame.from} of rows: one object by column name each. */
  static fromRecords(
    rows: readonly Readonly<Record<string, Cell>>[],
    options: DataFrameOptions = {},
  ): DataFrame {
    return DataFrame.fromColumns(toColumns(rows), options);
  }

  /** {@link DataFrame.from} of columns: lists, or NdArrays of rank 1, by name. */
  static fromColumns(
    columns: Readonly<Record<string, readonly Cell[] | NdArray>>,
    options: DataFrameOptions = {},
  ): DataFrame {
    const { dtypes = {} } = options;
    return new DataFrame(
      Object.entries(columns).map(([name, cells]): NamedColumn => {
        const dtype = Object.hasOwn(dtypes, name) ? dtypes[name] : undefined;
        if (!(cells instanceof NdArray)) return [name, toArray(name, cells, dtype)];
        return [name, dtype === undefined ? cells : cells.astype(dtype)];
      }),
    );
  }

  /** Rows and columns. */
  get shape(): readonly [rows: number, columns: number] {
    return [this.length, this.names.length];
  }

  /** Names and columns, in order. */
  entries(): NamedColumn[] {
    return this.names.map((name) => [name, this.columns[name]]);
  }

  /** dtypes by column name. */
  get dtypes(): Readonly<Record<string, DType>> {
    return Object.fromEntries(this.names.map((name) => [name, this.columns[name].dtype]));
  }

  /**
   * A column, as an array of rank 1.
   *
   * @throws InvalidDataFrameError when there is none of that name.
   */
  column(name: string): NdArray {
    if (Object.hasOwn(this.columns, name)) return this.columns[name];
    throw new InvalidDataFrameError(
      `Expected a column "${name}", got ${describeNames(this.names)}.`,
      { details: { column: name } },
    );
  }

  /** The columns of these names, in this order, without a copy. @throws InvalidDataFrameError */
  select(names: readonly string[]): DataFrame {
    return new DataFrame(names.map((name): NamedColumn => [name, this.column(name)]));
  }

  /** True for the same columns in the same order, of the same dtypes and values; NaN equals NaN. */
  equals(other: DataFrame): boolean {
    if (other.length !== this.length || other.names.length !== this.names.length) return false;
    return this.names.every((name, at) => {
      if (other.names[at] !== name) return false;
      const [mine, its] = [this.columns[name], other.columns[name]];
      if (mine.dtype !== its.dtype) return false;
      return Array.prototype.every.call(mine.data, (value, row) => Object.is(value, its.data[row]));
    });
  }

  /**
   * The columns side by side, as an array of shape [rows, columns]: of the dtype that holds all of
   * them by numpy's rules (float64 for no columns), or of the one that is asked for.
   *
   * @example frame.toNdArray({ dtype: 'float32' })
   * @throws InvalidDataFrameError for a column of strings, or one that is not cast to the dtype.
   */
  toNdArray(): NdArray<NumericDType>;
  toNdArray<D extends DType>(options: { dtype: D }): NdArray<D>;
  toNdArray(options: { dtype?: DType } = {}): NdArray {
    const [rows, width] = this.shape;
    const dtype = options.dtype ?? this.commonDType();
    const data = allocate(dtype, rows * width) as TensorDataOf<'float64'>;
    for (const [at, name] of this.names.entries()) {
      const column = this.cast(name, dtype).data as TensorDataOf<'float64'>;
      for (let row = 0; row < rows; row++) data[row * width + at] = column[row];
    }
    return new NdArray(dtype, data, this.shape);
  }

  private commonDType(): NumericDType {
    let common: NumericDType | undefined;
    for (const name of this.names) {
      const { dtype } = this.columns[name];
      if (dtype === 'string') {
        throw new InvalidDataFrameError(
          `Expected columns of numbers, got column "${name}" of dtype string. Select the others first.`,
          { details: { column: name } },
        );
      }
      common = common === undefined ? dtype : commonDType(common, dtype);
    }
    return common ?? 'float64';
  }

  private cast(name: string, dtype: DType): NdArray {
    try {
      return this.columns[name].astype(dtype);
    } catch (cause) {
      throw new InvalidDataFrameError(`Column "${name}": ${(cause as Error).message}`, {
        details: { column: name },
        cause,
      });
    }
  }

  /** One object per row; NaN is null. */
  toRecords(): Record<string, Cell>[] {
    return this.records((column) => column.toNested() as Cell[]);
  }

  /**
   * What JSON.stringify writes of it: records, with float32 and float16 as the shortest decimals that
   * read back as the same.
   */
  toJSON(): Record<string, Cell>[] {
    return this.records((column) => column.toJSON() as Cell[]);
  }

  private records(cellsOf: (column: NdArray) => readonly Cell[]): Record<string, Cell>[] {
    const columns = this.entries().map(([name, column]) => [name, cellsOf(column)] as const);
    return Array.from({ length: this.length }, (_, row) =>
      Object.fromEntries(columns.map(([name, cells]) => [name, toCell(cells[row])])),
    );
  }
}

function isIterable(
  columns: Readonly<Record<string, NdArray>> | Iterable<NamedColumn>,
): columns is Iterable<NamedColumn> {
  return typeof (columns as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function';
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
