/** Element types, by the names that numpy and onnxruntime share. The order is the wire's: append only. */
export const DTYPES = [
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float16',
  'float32',
  'float64',
  'string',
] as const;

export type DType = (typeof DTYPES)[number];

/** dtypes whose elements have a fixed size. */
export type NumericDType = Exclude<DType, 'string'>;

interface DataTypes {
  /** 0 or 1 per element. */
  bool: Uint8Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  /** The bits of IEEE 754 halves, as onnxruntime has them on Node 20. */
  float16: Uint16Array;
  float32: Float32Array;
  float64: Float64Array;
  string: string[];
}

/** What holds the elements of a dtype. */
export type TensorDataOf<D extends DType> = DataTypes[D];
export type TensorData = TensorDataOf<DType>;

const ARRAYS = {
  bool: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

const known: ReadonlySet<unknown> = new Set(DTYPES);

export function isDType(value: unknown): value is DType {
  return known.has(value);
}

export function bytesPerElement(dtype: NumericDType): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** The least magnitude that rounds to infinity; for float64 only infinity itself is beyond it. */
export const FLOAT_OVERFLOW: Readonly<Record<string, number>> = {
  float16: 65520,
  float32: 2 ** 128 - 2 ** 103,
  float64: Infinity,
};

/** Room for `length` elements: zeros, or empty strings. */
export function allocate<D extends DType>(dtype: D, length: number): TensorDataOf<D>;
export function allocate(dtype: DType, length: number): TensorData {
  if (dtype === 'string') return Array.from({ length }, () => '');
  return new ARRAYS[dtype](length);
}

/**
 * Elements that lie in a buffer, without a copy.
 *
 * @throws RangeError when the offset is not a multiple of the element's size.
 */
export function viewOf(
  dtype: NumericDType,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): TensorData {
  return new ARRAYS[dtype](buffer as ArrayBuffer, byteOffset, length);
}

/** True when the data is of the kind that the dtype needs. */
export function holds(dtype: DType, data: unknown): data is TensorData {
  return dtype === 'string' ? Array.isArray(data) : data instanceof ARRAYS[dtype];
}

const INTEGER = /^(u?)int(\d+)$/;

export function isInteger(dtype: DType): boolean {
  return INTEGER.test(dtype);
}

export function isFloat(dtype: DType): boolean {
  return dtype.startsWith('float');
}

/** Least and greatest value of an integer dtype. */
export function integerRange(dtype: DType): readonly [min: bigint, max: bigint] {
  const [, unsigned, digits] = INTEGER.exec(dtype) ?? [];
  if (digits === undefined) throw new RangeError(`${dtype} is no integer dtype.`);
  const bits = BigInt(digits);
  return unsigned === 'u'
    ? [0n, (1n << bits) - 1n]
    : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
}

/** numpy's `same_kind`: casts that stay within a kind or go up from bool to integers to floats. */
export function canCast(from: DType, to: DType): boolean {
  return from === to || (kindOf(from) <= kindOf(to) && to !== 'string');
}

function kindOf(dtype: DType): number {
  if (dtype === 'string') return 4;
  if (dtype === 'bool') return 0;
  if (isFloat(dtype)) return 3;
  // numpy: signed into unsigned is not the same kind.
  return dtype.startsWith('uint') ? 1 : 2;
}
