import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';

/** Passes bytes on as they come, and fails with the given error when there are more than `maxBytes`. */
export class LimitedStream extends Transform {
  /** Bytes that have come. */
  received = 0;

  constructor(
    private readonly maxBytes: number,
    /** Gets the bytes that were too much. */
    private readonly tooLarge: (chunk: Buffer) => Error,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.received += chunk.length;
    if (this.received <= this.maxBytes) done(null, chunk);
    else done(this.tooLarge(chunk));
  }
}
