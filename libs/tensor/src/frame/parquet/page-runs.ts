import { malformedFrame } from '../frame-errors.js';

/** Writers fill up the last group of bit-packed values; none by more than this. */
const MAX_PADDING = 512;
const CONTINUES = 0x80;
/** Of the last byte of a number of 32 bits. */
const MAX_SHIFT = 28;
const MAX_WIDTH = 32;

/** Part of a page that is in Parquet's hybrid of runs and bit-packed groups. */
export interface RunBlock {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** Bits per value. */
  readonly width: number;
  /** Values that it may hold. */
  readonly count: number;
}

/**
 * Checks that runs stay within the values that a page says it has: the reader repeats a value as often
 * as five bytes tell it to.
 *
 * @throws InvalidDataFrameError
 */
export function checkRuns({ bytes, start, width, count }: RunBlock): void {
  if (width > MAX_WIDTH) {
    throw malformedFrame(`Expected a Parquet file, got values of ${width} bits.`);
  }
  const limit = bytes.length;
  let at = start;
  let seen = 0;
  while (seen < count && at < limit) {
    let header = 0;
    for (let shift = 0; at < limit; shift += 7) {
      const byte = bytes[at++];
      if (shift > MAX_SHIFT)
        throw malformedFrame('Expected a Parquet file, got an endless number.');
      header |= (byte & ~CONTINUES) << shift;
      if ((byte & CONTINUES) === 0) break;
    }
    const isPacked = (header & 1) === 1;
    const length = isPacked ? (header >>> 1) * 8 : header >>> 1;
    if (length > count - seen + (isPacked ? MAX_PADDING : 0)) {
      throw malformedFrame(
        `Expected a Parquet file, got a page of ${count} values with a run of ${length}.`,
      );
    }
    seen += length;
    // The reader takes a byte of packed values even where they need none.
    at += isPacked ? Math.max(1, (length / 8) * width) : (width + 7) >> 3;
  }
}
