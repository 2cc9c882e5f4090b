import type { DataFrame } from '../../data-frame.js';
import { float16ToNumber } from '../../float16.js';
import type { NdArray } from '../../nd-array.js';
import { loadParquetWriter } from './load-parquet.js';
import { parquetElementOf } from './parquet-types.js';

/**
 * A table as a Parquet file, compressed with Snappy; NaN stays NaN, nothing is null.
 *
 * @throws MissingPeerError where hyparquet-writer is not installed.
 */
export async function encodeParquet(frame: DataFrame): Promise<Buffer> {
  const { parquetWriteBuffer } = await loadParquetWriter();
  const { names } = frame;
  const buffer = parquetWriteBuffer({
    columnData: names.map((name) => ({ name, data: valuesOf(frame.columns[name]) })),
    schema: [
      { name: 'schema', num_children: names.length },
      ...names.map((name) => parquetElementOf(name, frame.columns[name].dtype)),
    ],
    // pyarrow holds them to be exact, where the writer truncates strings.
    statistics: false,
  });
  return Buffer.from(buffer);
}

/** The values that the writer takes for a column. */
function valuesOf({ dtype, data }: NdArray): unknown[] | Int32Array | Float32Array | Float64Array {
  switch (dtype) {
    case 'bool':
      return Array.from(data as Uint8Array, Boolean);
    case 'float16':
      return Array.from(data as Uint16Array, float16ToNumber);
    case 'int32':
      return data as Int32Array;
    case 'float32':
      return data as Float32Array;
    case 'float64':
      return data as Float64Array;
    default:
      return Array.from<unknown>(data as string[]);
  }
}
