import type { Data, DataType } from 'apache-arrow';
import type { DataFrame } from '../../data-frame.js';
import type { NdArray } from '../../nd-array.js';
import { arrowTypeOf } from './arrow-types.js';
import type { ArrowModule } from './arrow-types.js';
import { loadArrow } from './load-arrow.js';

/**
 * A table as an Arrow IPC stream of one record batch; NaN stays NaN, nothing is null.
 *
 * @throws MissingPeerError where apache-arrow is not installed.
 */
export async function encodeArrow(frame: DataFrame): Promise<Buffer> {
  const arrow = await loadArrow();
  const { names, length } = frame;
  // By position, not as an object by name: that would put names that are numbers first.
  const children = names.map((name) => dataOf(frame.columns[name], arrow));
  const fields = names.map((name, at) => new arrow.Field(name, children[at].type, false));
  const schema = new arrow.Schema(fields);
  const type = new arrow.Struct(fields);
  const data = arrow.makeData({ type, length, nullCount: 0, children });
  const batch = new arrow.RecordBatch(schema, data);
  const bytes = arrow.tableToIPC(new arrow.Table(schema, batch), 'stream');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function dataOf({ dtype, data, size }: NdArray, arrow: ArrowModule): Data {
  const type = arrowTypeOf(dtype, arrow);
  if (dtype !== 'string' && dtype !== 'bool') {
    return arrow.makeData({ type, length: size, nullCount: 0, data } as never);
  }
  const values = dtype === 'bool' ? Array.from(data as Uint8Array, Boolean) : data;
  const builder = arrow.makeBuilder<DataType, null>({ type });
  for (const value of values) builder.append(value);
  return builder.finish().flush();
}
