import { describeName } from '../../column-names.js';
import type { DType } from '../../dtype.js';
import type { NdArray } from '../../nd-array.js';
import { InvalidDataFrameError } from '../../tensor.errors.js';
import type { FrameSource } from '../build-frame.js';
import { cellsToArray } from '../cells.js';
import type { FrameCell } from '../cells.js';
import { checkCellCount } from '../frame-errors.js';

interface TableColumn {
  name: string;
  readonly cells: FrameCell[];
  hasDecimals: boolean;
}

/** Rows and columns as they come in, in any order; what never comes is missing. */
export class CellTable implements FrameSource {
  private readonly columns: TableColumn[] = [];
  private readonly byName = new Map<string, TableColumn>();
  private readonly rowOfLabel = new Map<string, number>();
  length = 0;

  /** @param bytes - Size of the body, which bounds that of the table. */
  constructor(private readonly bytes: number) {}

  get names(): readonly string[] {
    return this.columns.map(({ name }) => name);
  }

  /** A column by name; it mostly stands where it stood in the row before. */
  named(name: string, hint: number): TableColumn {
    if (hint < this.columns.length && this.columns[hint].name === name) return this.columns[hint];
    return this.byName.get(name) ?? this.addColumn(name);
  }

  at(position: number): TableColumn {
    return this.columns[position];
  }

  addColumn(name: string): TableColumn {
    const column: TableColumn = { name, cells: [], hasDecimals: false };
    this.columns.push(column);
    this.byName.set(name, column);
    checkCellCount(this.length, this.columns.length, this.bytes);
    return column;
  }

  /** Begins the next row. */
  addRow(): number {
    this.length++;
    checkCellCount(this.length, this.columns.length, this.bytes);
    return this.length - 1;
  }

  /** The row of a label of pandas' index, at its first sight the next one. */
  labelled(label: string): number {
    let row = this.rowOfLabel.get(label);
    if (row === undefined) {
      row = this.addRow();
      this.rowOfLabel.set(label, row);
    }
    return row;
  }

  /** @throws InvalidDataFrameError when the cell is there already. */
  set(column: TableColumn, row: number, cell: FrameCell, isDecimal: boolean): void {
    const { cells } = column;
    if (cells[row] !== undefined) {
      throw new InvalidDataFrameError(
        `Expected one value in row ${row} of column ${describeName(column.name)}, got two. Send each key once.`,
        { details: { column: column.name, row } },
      );
    }
    while (cells.length < row) cells.push(undefined);
    cells[row] = cell;
    if (isDecimal) column.hasDecimals = true;
  }

  /** Names the columns by position, those too for which no row had a cell. */
  rename(names: readonly string[]): void {
    const { length } = this.columns;
    if (this.length > 0 && names.length !== length) {
      throw new InvalidDataFrameError(
        `Expected ${names.length} values in each row, as there are columns, got ${length}.`,
      );
    }
    for (const [position, name] of names.entries()) {
      if (position === this.columns.length) this.addColumn(name);
      else this.columns[position].name = name;
    }
  }

  column(position: number, dtype: DType | undefined): NdArray {
    const column = this.columns[position];
    while (column.cells.length < this.length) column.cells.push(undefined);
    return cellsToArray(column, dtype);
  }
}
