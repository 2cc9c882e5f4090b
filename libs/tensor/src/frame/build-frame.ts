import { checkUnique, describeName, describeNames } from '../column-names.js';
import { DataFrame } from '../data-frame.js';
import type { NamedColumn } from '../data-frame.js';
import { allocate } from '../dtype.js';
import type { DType } from '../dtype.js';
import { NdArray } from '../nd-array.js';
import { InvalidDataFrameError } from '../tensor.errors.js';
import { dtypeOf } from './frame-options.js';
import type { FrameOptions } from './frame-options.js';

/** A body that was read so far that its columns are known by name. */
export interface FrameSource {
  /** Names of the columns as the body has them; a name may come twice. */
  readonly names: readonly string[];
  readonly length: number;
  /** Makes one column, of the dtype or of the body's own. */
  column(position: number, dtype: DType | undefined): NdArray;
}

/** A column of the result, and where the body has it. */
export interface ColumnPick {
  readonly name: string;
  readonly position: number;
}

/**
 * The columns that the options take of a body: renamed, in order, none missing.
 *
 * @throws InvalidDataFrameError naming the columns that are missing, or their number.
 */
export function pickColumns(names: readonly string[], options: FrameOptions): ColumnPick[] {
  const { columns, applyColumnNames = false, enforceColumns = true } = options;
  if (columns === undefined) {
    checkUnique(names);
    return names.map((name, position) => ({ name, position }));
  }
  if (applyColumnNames) {
    if (names.length !== columns.length) throw wrongCount(columns, names.length);
    return columns.map((name, position) => ({ name, position }));
  }
  checkUnique(names);
  const positions = new Map(names.map((name, position) => [name, position]));
  const missing = columns.filter((name) => !positions.has(name));
  if (enforceColumns && missing.length > 0) throw missingColumns(missing, names);
  const rest = enforceColumns ? [] : names.filter((name) => !columns.includes(name));
  return [...columns, ...rest].flatMap((name) => {
    const position = positions.get(name);
    return position === undefined ? [] : [{ name, position }];
  });
}

/** @throws InvalidDataFrameError */
export function buildFrame(source: FrameSource, options: FrameOptions): DataFrame {
  const { names, length } = source;
  // Records of no rows name no columns: then they have those that are expected.
  if (length === 0 && names.length === 0 && options.columns !== undefined) {
    return emptyFrame(options.columns, options);
  }
  return new DataFrame(
    pickColumns(names, options).map(({ name, position }): NamedColumn => [
      name,
      source.column(position, dtypeOf(options, name)),
    ]),
  );
}

function emptyFrame(columns: readonly string[], options: FrameOptions): DataFrame {
  return new DataFrame(
    columns.map((name): NamedColumn => {
      const dtype = dtypeOf(options, name) ?? 'float64';
      return [name, new NdArray(dtype, allocate(dtype, 0), [0])];
    }),
  );
}

/**
 * A column that came with a dtype, as another one.
 *
 * @throws InvalidDataFrameError naming the column, and the row of what is out of range.
 */
export function castColumn(
  name: string,
  column: NdArray,
  wanted: { readonly dtype: DType | undefined; readonly enforceDtypes?: boolean },
): NdArray {
  const { dtype, enforceDtypes = false } = wanted;
  if (dtype === undefined || column.dtype === dtype) return column;
  if (enforceDtypes) {
    throw new InvalidDataFrameError(
      `Expected column ${describeName(name)} of dtype ${dtype}, got ${column.dtype}. Convert it before it is sent.`,
      { details: { column: name, expected: dtype, got: column.dtype } },
    );
  }
  try {
    return column.astype(dtype);
  } catch (cause) {
    throw new InvalidDataFrameError(`Column ${describeName(name)}: ${(cause as Error).message}`, {
      details: { column: name },
      cause,
    });
  }
}

function wrongCount(columns: readonly string[], got: number): InvalidDataFrameError {
  return new InvalidDataFrameError(
    `Expected ${columns.length} columns (${describeNames(columns)}), got ${got}.`,
    { details: { expected: columns, got } },
  );
}

function missingColumns(missing: readonly string[], got: readonly string[]): InvalidDataFrameError {
  const what = missing.length === 1 ? 'a column' : 'columns';
  return new InvalidDataFrameError(
    `Expected ${what} ${describeNames(missing)}, got ${describeNames(got)}. Send every column that is expected.`,
    { details: { missing } },
  );
}
