import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const WINDOW_BYTES = 1 << 16;

/** Bytes of a file by their offset, of which only a window is in memory. */
export class FileWindow {
  readonly size: number;
  private readonly bytes = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  private start = 0;
  private end = 0;

  private constructor(private readonly descriptor: number) {
    this.size = fstatSync(descriptor).size;
  }

  /** Opens a file while `use` reads it. */
  static with<Result>(path: string, use: (window: FileWindow) => Result): Result {
    const descriptor = openSync(path, 'r');
    try {
      return use(new FileWindow(descriptor));
    } finally {
      closeSync(descriptor);
    }
  }

  /** @throws RangeError behind the end. */
  byteAt(offset: number): number {
    if (offset < this.start || offset >= this.end) this.move(offset);
    return this.bytes[offset - this.start];
  }

  /** Text of so many bytes; names of tensors and files are short. @throws RangeError behind the end. */
  textAt(offset: number, length: number): string {
    if (length > WINDOW_BYTES) throw new RangeError('Expected a shorter text.');
    if (length === 0) return '';
    if (offset < this.start || offset + length > this.end) this.move(offset);
    if (offset + length > this.end) throw new RangeError('Expected more bytes.');
    return this.bytes.toString('utf8', offset - this.start, offset - this.start + length);
  }

  private move(offset: number): void {
    const read =
      offset < this.size ? readSync(this.descriptor, this.bytes, 0, WINDOW_BYTES, offset) : 0;
    if (read === 0) throw new RangeError('Expected more bytes.');
    this.start = offset;
    this.end = offset + read;
  }
}
