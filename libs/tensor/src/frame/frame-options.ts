import type { DType } from '../dtype.js';

/** What a body must hold, and what becomes of it: common to the readers of all formats. */
export interface FrameOptions {
  /** Names of the columns that are expected; the result has them in this order. */
  columns?: readonly string[];
  /**
   * Names the body's columns by position, whatever they are called there. Their number must be that
   * of `columns`.
   *
   * @default false
   */
  applyColumnNames?: boolean;
  /**
   * Refuses a body in which one of `columns` is missing, and drops columns that are not among them.
   * When false, other columns follow those that are named.
   *
   * @default true
   */
  enforceColumns?: boolean;
  /**
   * One dtype for all columns, or dtypes by column name. Without it, whole numbers become int64, other
   * numbers float64, booleans bool and strings string; Arrow and Parquet keep their own.
   */
  dtypes?: DType | Readonly<Record<string, DType>>;
  /**
   * Refuses an Arrow or Parquet column of another dtype, where otherwise numpy's `same_kind` casts
   * are made.
   *
   * @default false
   */
  enforceDtypes?: boolean;
}

/** The dtype that the options ask of a column; undefined where they leave it open. */
export function dtypeOf({ dtypes }: FrameOptions, name: string): DType | undefined {
  if (dtypes === undefined || typeof dtypes === 'string') return dtypes;
  return Object.hasOwn(dtypes, name) ? dtypes[name] : undefined;
}
