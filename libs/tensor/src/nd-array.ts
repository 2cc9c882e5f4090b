import { toData, toLeaves } from './convert.js';
import { canCast, holds } from './dtype.js';
import type { DType, TensorData, TensorDataOf } from './dtype.js';
import { shortestFloat32 } from './json/shortest-float32.js';
import { flatten, inferDType } from './nested.js';
import type { Leaf, Nested } from './nested.js';
import { describeShape, sizeOf } from './shape.js';
import { DTypeMismatchError, ShapeMismatchError } from './tensor.errors.js';

/**
 * An n-dimensional array: elements of one dtype in C order. Structurally what onnxruntime's Tensor
 * is (`type`, `dims`, `data`, `size`), without onnxruntime.
 */
export class NdArray<D extends DType = DType> {
  readonly dtype: D;
  readonly data: TensorDataOf<D>;
  readonly shape: readonly number[];

  /**
   * Takes the data as it is, without a copy.
   *
   * @throws ShapeMismatchError when the data does not fill the shape, DTypeMismatchError when it is
   * not of the dtype's array class.
   */
  constructor(dtype: D, data: TensorDataOf<D>, shape: readonly number[]) {
    if (!holds(dtype, data)) throw wrongClass(dtype, data);
    if (sizeOf(shape) !== data.length) throw wrongLength(shape, data.length);
    this.dtype = dtype;
    this.data = data;
    this.shape = shape;
  }

  /**
   * An array of nested lists, or of one value (rank 0). Numbers become float64, bigints int64
   * (and whole numbers among bigints), booleans bool and strings string, unless a dtype is given.
   *
   * @example NdArray.from([[6.2, 3.2, 5.2, 2.2]], { dtype: 'float32' })
   * @throws InvalidNdArrayError that names the index of what is ragged, of another kind or out of
   * the dtype's range.
   */
  static from<D extends DType = DType>(nested: Nested, options: { dtype?: D } = {}): NdArray<D> {
    const { leaves, shape } = flatten(nested);
    const dtype = options.dtype ?? (inferDType(leaves) as D);
    return new NdArray(dtype, toData(leaves, dtype, shape) as TensorDataOf<D>, shape);
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** onnxruntime's name for the dtype. */
  get type(): D {
    return this.dtype;
  }

  /** onnxruntime's name for the shape. */
  get dims(): readonly number[] {
    return this.shape;
  }

  /**
   * Nested lists, or one value for rank 0. Integers of 64 bits are numbers where those are exact,
   * else bigints.
   */
  toNested(): Nested {
    return this.nest(exactNumber);
  }

  /**
   * What JSON.stringify writes of it: {@link toNested}, with float32 and float16 as the shortest
   * decimals that read back as the same.
   */
  toJSON(): Nested {
    const isShort = this.dtype === 'float32' || this.dtype === 'float16';
    return this.nest(isShort ? shortest : exactNumber);
  }

  /**
   * The same values as another dtype, where numpy's `same_kind` rule allows the cast; itself when it
   * has that dtype.
   *
   * @throws DTypeMismatchError, or InvalidNdArrayError that names the index of what is out of range.
   */
  astype<To extends DType>(dtype: To): NdArray<To> {
    const own: DType = this.dtype;
    if (own === dtype) return this as unknown as NdArray<To>;
    if (!canCast(this.dtype, dtype)) {
      throw new DTypeMismatchError(
        `Expected dtype ${dtype}, got ${this.dtype}, which is not cast to it. Convert it before.`,
        { details: { expected: dtype, got: this.dtype } },
      );
    }
    const data = castFast(this.dtype, dtype, this.data) ?? this.castEach(dtype);
    return new NdArray(dtype, data as TensorDataOf<To>, this.shape);
  }

  private nest(write: (leaf: Leaf) => Leaf): Nested {
    const leaves = toLeaves(this.dtype, this.data);
    let position = 0;
    const build = (axis: number): Nested => {
      if (axis === this.shape.length) return write(leaves[position++]);
      return Array.from({ length: this.shape[axis] }, () => build(axis + 1));
    };
    return build(0);
  }

  private castEach(dtype: DType): TensorData {
    return toData(toLeaves(this.dtype, this.data), dtype, this.shape);
  }
}

/** The cast that services make most, by the typed array itself; undefined where a value does not fit. */
function castFast(from: DType, to: DType, data: TensorData): TensorData | undefined {
  if (from !== 'float64' || to !== 'float32') return undefined;
  const wide = data as Float64Array;
  const narrow = new Float32Array(wide);
  for (let i = 0; i < narrow.length; i++) {
    if (!Number.isFinite(narrow[i]) && Number.isFinite(wide[i])) return undefined;
  }
  return narrow;
}

function exactNumber(value: Leaf): Leaf {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function shortest(value: Leaf): Leaf {
  return Number.isFinite(value) ? Number(shortestFloat32(value as number)) : value;
}

function wrongClass(dtype: DType, data: unknown): DTypeMismatchError {
  const got = (data as object | undefined)?.constructor.name ?? String(data);
  return new DTypeMismatchError(`Expected the typed array of dtype ${dtype}, got ${got}.`);
}

function wrongLength(shape: readonly number[], length: number): ShapeMismatchError {
  return new ShapeMismatchError(
    `Expected ${sizeOf(shape)} elements for shape ${describeShape(shape)}, got ${length}.`,
  );
}
