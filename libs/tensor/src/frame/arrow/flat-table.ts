import { malformedFrame } from '../frame-errors.js';

const OFFSET = 4;

/** A flatbuffer, and how much of it may still be walked. */
export class FlatBuffer {
  readonly view: DataView;
  private budget: number;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.budget = bytes.length;
  }

  /** The table that everything else hangs on. */
  root(): FlatTable {
    return this.table(0);
  }

  /** The table that an offset at a position leads to. */
  table(position: number): FlatTable {
    return new FlatTable(this, position + this.view.getUint32(position, true));
  }

  /**
   * Takes note of bytes that are walked. Every one belongs to one table, list or string; offsets that
   * lead to the same ones again and again would let a few stand for many.
   *
   * @throws InvalidDataFrameError
   */
  spend(bytes: number): void {
    this.budget -= bytes;
    if (this.budget < 0)
      throw malformedFrame('Expected an Arrow IPC stream, got a header that is none.');
  }
}

/** A table of a flatbuffer: fields by slot. Reading beyond the end throws a RangeError. */
export class FlatTable {
  constructor(
    private readonly buffer: FlatBuffer,
    private readonly at: number,
  ) {
    buffer.spend(OFFSET);
  }

  /** Position of a field's value; undefined where it has its default. */
  private position(slot: number): number | undefined {
    const { view } = this.buffer;
    const vtable = this.at - view.getInt32(this.at, true);
    const entry = 4 + 2 * slot;
    const offset = entry < view.getUint16(vtable, true) ? view.getUint16(vtable + entry, true) : 0;
    return offset === 0 ? undefined : this.at + offset;
  }

  byte(slot: number): number {
    const position = this.position(slot);
    return position === undefined ? 0 : this.buffer.view.getUint8(position);
  }

  long(slot: number): bigint {
    const position = this.position(slot);
    return position === undefined ? 0n : this.buffer.view.getBigInt64(position, true);
  }

  table(slot: number): FlatTable | undefined {
    const position = this.position(slot);
    return position === undefined ? undefined : this.buffer.table(position);
  }

  /** Length and place of a list of elements of so many bytes: characters of a string, numbers, structs. */
  list(slot: number, elementBytes: number): { readonly start: number; readonly length: number } {
    const { view } = this.buffer;
    const position = this.position(slot);
    if (position === undefined) return { start: 0, length: 0 };
    const at = position + view.getUint32(position, true);
    const length = view.getUint32(at, true);
    this.buffer.spend(OFFSET + length * elementBytes);
    return { start: at + OFFSET, length };
  }

  tables(slot: number): FlatTable[] {
    const { start, length } = this.list(slot, OFFSET);
    return Array.from({ length }, (_, index) => this.buffer.table(start + index * OFFSET));
  }

  /** The numbers of 64 bits that structs consist of. */
  longs(slot: number, perStruct: number): bigint[] {
    const { start, length } = this.list(slot, 8 * perStruct);
    return Array.from({ length: length * perStruct }, (_, index) =>
      this.buffer.view.getBigInt64(start + 8 * index, true),
    );
  }
}
