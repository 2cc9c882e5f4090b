/** What the leaves of an array are. */
export type LeafKind = 'number' | 'boolean' | 'string';

/** What one pass over the bytes found. Valid until the next scan: `numbers` is shared scratch. */
export interface Scan {
  readonly kind: LeafKind;
  readonly shape: readonly number[];
  readonly length: number;
  /** Numbers, or 0 and 1 for booleans, in the first `length` places. */
  readonly numbers: Float64Array;
  /** Not shared: the caller may keep it. */
  readonly strings: string[];
  /** Greatest magnitude among the numbers. */
  readonly largest: number;
  /** No number had a fraction or an exponent. */
  readonly allIntegers: boolean;
  /**
   * Text of what may not be exact as a double: with `keepsText` of every such number, without `kind`
   * of integers; and of the first that is beyond a double, for the message.
   */
  readonly inexact: ReadonlyMap<number, string>;
}

/** Options of `scan`. */
export interface ScanOptions {
  /** What the leaves must be; without it, the first one decides. */
  kind?: LeafKind;
  maxDepth?: number;
  /** Keeps the text of every number that may not be exact, for integers written as `1e3`. */
  keepsText?: boolean;
  /** The numbers will be rounded to float32: doubles need only be near enough for that. */
  toFloat32?: boolean;
}
