import type { DataType } from 'apache-arrow';
import type { DType } from '../../dtype.js';

export type ArrowModule = typeof import('apache-arrow');

/** The dtype of an Arrow type; undefined for what no dtype stands for. */
export function dtypeOfArrow(
  type: DataType,
  { DataType: is, Precision }: ArrowModule,
): DType | undefined {
  if (is.isInt(type)) return `${type.isSigned ? '' : 'u'}int${type.bitWidth}`;
  if (is.isBool(type)) return 'bool';
  if (is.isUtf8(type) || is.isLargeUtf8(type)) return 'string';
  if (!is.isFloat(type)) return undefined;
  if (type.precision === Precision.HALF) return 'float16';
  return type.precision === Precision.SINGLE ? 'float32' : 'float64';
}

/** The Arrow type of a dtype. */
export function arrowTypeOf(dtype: DType, arrow: ArrowModule): DataType {
  switch (dtype) {
    case 'bool':
      return new arrow.Bool();
    case 'string':
      return new arrow.Utf8();
    case 'int8':
      return new arrow.Int8();
    case 'int16':
      return new arrow.Int16();
    case 'int32':
      return new arrow.Int32();
    case 'int64':
      return new arrow.Int64();
    case 'uint8':
      return new arrow.Uint8();
    case 'uint16':
      return new arrow.Uint16();
    case 'uint32':
      return new arrow.Uint32();
    case 'uint64':
      return new arrow.Uint64();
    case 'float16':
      return new arrow.Float16();
    case 'float32':
      return new arrow.Float32();
    case 'float64':
      return new arrow.Float64();
  }
}
