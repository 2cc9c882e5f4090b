import type { DecodedArray, FileMetaData, SchemaElement } from 'hyparquet';
import { checkUnique, describeName } from '../../column-names.js';
import type { DataFrame } from '../../data-frame.js';
import { isInteger } from '../../dtype.js';
import type { DType } from '../../dtype.js';
import type { NdArray } from '../../nd-array.js';
import { InvalidDataFrameError } from '../../tensor.errors.js';
import { buildFrame, castColumn, pickColumns } from '../build-frame.js';
import type { FrameSource } from '../build-frame.js';
import { cellsToArray } from '../cells.js';
import type { FrameCell } from '../cells.js';
import { checkCellCount, malformedFrame } from '../frame-errors.js';
import type { FrameOptions } from '../frame-options.js';
import { isIndexColumn, readGuarded } from '../read-guarded.js';
import { PageCheck } from './check-pages.js';
import { loadParquetReader } from './load-parquet.js';
import { dtypeOfParquet } from './parquet-types.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const MAGIC = Buffer.from('PAR1');

/** True for bytes that begin as a Parquet file does. */
export function isParquet(bytes: Uint8Array): boolean {
  return MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/**
 * Reads a table from a Parquet file, as pandas and pyarrow write it by default: integers, floats,
 * booleans and strings; without compression, or with Snappy, gzip or Brotli. Columns keep their dtypes;
 * columns of integers with nulls become float64, as in pandas. Columns that hold pandas' index are
 * dropped.
 *
 * @throws InvalidDataFrameError naming the column of another type, or row and column of a null.
 * @throws MissingPeerError where hyparquet is not installed.
 */
export async function decodeParquet(
  bytes: Uint8Array,
  options: FrameOptions = {},
): Promise<DataFrame> {
  const hyparquet = await loadParquetReader();
  return readGuarded('Expected a Parquet file, got bytes that are none, or cut off.', async () => {
    if (!isParquet(bytes)) throw malformedFrame('Expected a Parquet file, got other bytes.');
    // An ArrayBuffer of its own: a body's may be part of a larger one.
    const file = new Uint8Array(bytes).buffer;
    const metadata = hyparquet.parquetMetadata(file, { geoparquet: false });
    const source = new ParquetSource(metadata, options.enforceDtypes);
    const columns = pickColumns(source.names, options).map(
      ({ position }) => source.names[position],
    );
    checkCellCount(source.length, columns.length, bytes.length);
    source.checkTypes(columns);
    const check = new PageCheck(bytes, hyparquet);
    check.run(metadata, new Map(columns.map((name) => [name, source.isOptional(name)])));
    await hyparquet.parquetRead({
      file,
      metadata,
      columns,
      compressors: check.compressors,
      geoparquet: false,
      parsers: { stringFromBytes: (text?: Uint8Array) => text && utf8.decode(text) },
      onChunk: ({ columnName, columnData }) => source.add(columnName, columnData),
    });
    return buildFrame(source, options);
  });
}

class ParquetSource implements FrameSource {
  readonly names: readonly string[];
  readonly length: number;
  private readonly elements: ReadonlyMap<string, SchemaElement>;
  private readonly cells = new Map<string, FrameCell[]>();

  constructor(
    { schema, num_rows: rows }: FileMetaData,
    private readonly enforceDtypes: boolean | undefined,
  ) {
    const elements = topLevel(schema).filter(({ name }) => !isIndexColumn(name));
    this.names = elements.map(({ name }) => name);
    // The reader knows columns by name alone.
    checkUnique(this.names);
    this.length = Number(rows);
    this.elements = new Map(elements.map((element) => [element.name, element]));
  }

  /** @throws InvalidDataFrameError naming the column that no dtype stands for. */
  checkTypes(names: readonly string[]): void {
    for (const name of names) {
      const element = this.elements.get(name);
      if (element !== undefined && dtypeOfParquet(element) !== undefined) continue;
      const type = element?.logical_type?.type ?? element?.converted_type ?? element?.type;
      throw new InvalidDataFrameError(
        `Expected column ${describeName(name)} of integers, floats, booleans or strings, got ${type ?? 'a nested one'}. Convert it before it is sent.`,
        { details: { column: name } },
      );
    }
  }

  /** Whether its pages say which values are null. */
  isOptional(name: string): boolean {
    return this.elements.get(name)?.repetition_type !== 'REQUIRED';
  }

  /** The values of a row group. */
  add(name: string, values: DecodedArray): void {
    const cells = this.cells.get(name) ?? [];
    this.cells.set(name, cells);
    for (const value of values as Iterable<FrameCell>) cells.push(value);
  }

  column(position: number, dtype: DType | undefined): NdArray {
    const name = this.names[position];
    const cells = this.cells.get(name) ?? [];
    if (cells.length !== this.length) {
      throw malformedFrame(
        `Expected ${this.length} values in column ${describeName(name)}, got ${cells.length}.`,
      );
    }
    const element = this.elements.get(name);
    const own = element === undefined ? undefined : dtypeOfParquet(element);
    const hasGaps = cells.some((cell) => cell === null || cell === undefined);
    const isOpen = own === undefined || (hasGaps && isInteger(own));
    const column = cellsToArray({ name, cells, hasDecimals: false }, isOpen ? dtype : own);
    return castColumn(name, column, { dtype, enforceDtypes: this.enforceDtypes });
  }
}

/** The columns, of nested ones only the outermost: the schema is a list in depth-first order. */
function topLevel([root, ...elements]: readonly SchemaElement[]): SchemaElement[] {
  const columns: SchemaElement[] = [];
  let inside = 0;
  for (const element of elements) {
    if (inside === 0) columns.push(element);
    inside += (element.num_children ?? 0) - (inside === 0 ? 0 : 1);
  }
  if (columns.length === (root.num_children ?? 0)) return columns;
  throw malformedFrame('Expected a Parquet file, got a schema that is none.');
}
