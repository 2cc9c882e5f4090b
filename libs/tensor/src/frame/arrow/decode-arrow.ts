import type { Data, Table, Vector } from 'apache-arrow';
import { describeName } from '../../column-names.js';
import type { DataFrame } from '../../data-frame.js';
import { isInteger } from '../../dtype.js';
import type { DType } from '../../dtype.js';
import { NdArray } from '../../nd-array.js';
import { InvalidDataFrameError } from '../../tensor.errors.js';
import { buildFrame, castColumn } from '../build-frame.js';
import type { FrameSource } from '../build-frame.js';
import { cellsToArray } from '../cells.js';
import type { FrameCell } from '../cells.js';
import { checkCellCount, malformedFrame } from '../frame-errors.js';
import type { FrameOptions } from '../frame-options.js';
import { isIndexColumn, readGuarded } from '../read-guarded.js';
import { dtypeOfArrow } from './arrow-types.js';
import type { ArrowModule } from './arrow-types.js';
import { checkMessages } from './check-messages.js';
import { loadArrow } from './load-arrow.js';

/**
 * Reads a table from an Arrow IPC stream, as `pyarrow.ipc.new_stream` writes it without compression:
 * integers, floats, booleans, strings, and dictionaries of these. Columns keep their dtypes; columns of
 * integers with nulls become float64, as in pandas. Columns that hold pandas' index are dropped.
 *
 * @throws InvalidDataFrameError naming the column of another type, or row and column of a null.
 * @throws MissingPeerError where apache-arrow is not installed.
 */
export async function decodeArrow(
  bytes: Uint8Array,
  options: FrameOptions = {},
): Promise<DataFrame> {
  const arrow = await loadArrow();
  return readGuarded('Expected an Arrow IPC stream, got bytes that are none, or cut off.', () => {
    if (bytes.length === 0)
      throw malformedFrame('Expected an Arrow IPC stream, got an empty body.');
    checkMessages(bytes);
    // A copy, because columns are views of it and need its alignment.
    const table = read(new Uint8Array(bytes), arrow);
    checkCellCount(table.numRows, table.numCols, bytes.length);
    return buildFrame(new ArrowSource(table, arrow, options.enforceDtypes), options);
  });
}

function read(bytes: Uint8Array, arrow: ArrowModule): Table {
  try {
    return arrow.tableFromIPC(bytes);
  } catch (cause) {
    if (!String(cause).includes('compress')) throw cause;
    throw malformedFrame(
      'Expected an Arrow IPC stream without compression, got a compressed one. Write it with compression=None.',
      cause,
    );
  }
}

class ArrowSource implements FrameSource {
  readonly names: readonly string[];
  readonly length: number;
  private readonly fields: readonly { readonly name: string; readonly position: number }[];

  constructor(
    private readonly table: Table,
    private readonly arrow: ArrowModule,
    private readonly enforceDtypes: boolean | undefined,
  ) {
    this.length = table.numRows;
    this.fields = table.schema.fields
      .map((field, position) => ({ name: field.name, position }))
      .filter(({ name }) => !isIndexColumn(name));
    this.names = this.fields.map(({ name }) => name);
  }

  column(at: number, dtype: DType | undefined): NdArray {
    const { name, position } = this.fields[at];
    const vector = this.table.getChildAt(position);
    if (vector === null) throw malformedFrame(`Expected a column ${describeName(name)}, got none.`);
    const { enforceDtypes } = this;
    const own = dtypeOfArrow(vector.type, this.arrow);
    if (own !== undefined && own !== 'bool' && own !== 'string' && vector.nullCount === 0) {
      const column = new NdArray(own, vector.toArray() as Float64Array, [this.length]);
      return castColumn(name, column, { dtype, enforceDtypes });
    }
    const cells = this.cells(vector, name);
    // With gaps, integers are whatever holds them: the dtype that is asked for, else float64.
    const isOpen = own === undefined || (isInteger(own) && vector.nullCount > 0);
    const column = cellsToArray({ name, cells, hasDecimals: false }, isOpen ? dtype : own);
    return castColumn(name, column, { dtype, enforceDtypes });
  }

  private cells(vector: Vector, name: string): FrameCell[] {
    const { DataType } = this.arrow;
    if (DataType.isNull(vector.type)) return Array.from({ length: vector.length }, () => null);
    if (DataType.isDictionary(vector.type)) return this.dictionaryCells(vector, name);
    if (dtypeOfArrow(vector.type, this.arrow) === undefined) throw unsupported(name, vector);
    for (const chunk of vector.data) checkOffsets(chunk);
    return Array.from({ length: vector.length }, (_, row) => vector.get(row) as FrameCell);
  }

  /** The values of a dictionary are made once, however many rows refer to them. */
  private dictionaryCells(vector: Vector, name: string): FrameCell[] {
    const dictionaries = new Map<Vector, FrameCell[]>();
    return vector.data.flatMap((chunk: Data) => {
      const { dictionary, values, length } = chunk;
      if (dictionary === undefined || this.arrow.DataType.isDictionary(dictionary.type)) {
        throw unsupported(name, vector);
      }
      const entries = dictionaries.get(dictionary) ?? this.cells(dictionary, name);
      dictionaries.set(dictionary, entries);
      const indices = values as ArrayLike<number | bigint>;
      return Array.from({ length }, (_, row) =>
        chunk.getValid(row) ? entries[Number(indices[row])] : null,
      );
    });
  }
}

/** Offsets that go back would let a few bytes stand for many strings. */
function checkOffsets({ valueOffsets, length }: Data): void {
  const offsets = valueOffsets as ArrayLike<number | bigint> | undefined;
  if (offsets === undefined) return;
  for (let at = 1; at <= length; at++) {
    if (offsets[at] < offsets[at - 1]) {
      throw malformedFrame('Expected an Arrow IPC stream, got strings whose offsets go back.');
    }
  }
}

function unsupported(name: string, { type }: Vector): InvalidDataFrameError {
  return new InvalidDataFrameError(
    `Expected column ${describeName(name)} of integers, floats, booleans or strings, got ${String(type)}. Convert it before it is sent.`,
    { details: { column: name } },
  );
}
