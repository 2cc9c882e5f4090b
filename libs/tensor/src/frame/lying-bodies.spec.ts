import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DataFrame } from '../data-frame.js';
import { decodeArrow } from './arrow/decode-arrow.js';
import { encodeArrow } from './arrow/encode-arrow.js';
import { decodeParquet } from './parquet/decode-parquet.js';
import { checkRuns } from './parquet/page-runs.js';

/** Every place where the bytes stand. */
function placesOf(bytes: Buffer, pattern: readonly number[]): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(Buffer.from(pattern)); at !== -1;) {
    places.push(at);
    at = bytes.indexOf(Buffer.from(pattern), at + 1);
  }
  return places;
}

describe('a Parquet file', () => {
  it('whose runs are longer than its pages is refused', async () => {
    const file = new URL('../../../../test/fixtures/frames/none.parquet', import.meta.url);
    const bytes = await readFile(file);
    // Levels of three rows: two bytes, a run of three ones.
    const [place] = placesOf(bytes, [2, 0, 0, 0, 3 << 1, 1]);
    bytes[place + 4] = 60 << 1;
    await expect(decodeParquet(bytes)).rejects.toThrow('a page of 3 values with a run of 60');
  });

  it.each([
    ['a run of five bytes', [0xfe, 0xff, 0xff, 0xff, 0x0f, 1], 'with a run of 2147483647'],
    ['groups beyond the padding', [0xff, 0xff, 0x07], 'with a run of'],
    ['an endless number', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80], 'an endless number'],
  ])('is read no further than %s', (_name, bytes, message) => {
    const block = { bytes: Uint8Array.from(bytes), start: 0, width: 1, count: 3 };
    expect(() => checkRuns(block)).toThrow(message);
  });
});

describe('an Arrow stream', () => {
  const rows = 0x123456;

  it('whose batch has more rows than its body can is refused', async () => {
    const frame = DataFrame.from({ a: Array.from({ length: 7 }, () => true) });
    const bytes = await encodeArrow(frame);
    const places = placesOf(bytes, [7, 0, 0, 0, 0, 0, 0, 0]);
    expect(places.length).toBeGreaterThan(1);
    for (const place of places) bytes.writeUInt32LE(rows * 16, place);
    await expect(decodeArrow(bytes)).rejects.toThrow(
      /at most 4194304 cells in a body of \d+ bytes/,
    );
  });

  it('whose lists are longer than its header is refused before they are read', async () => {
    const bytes = await encodeArrow(DataFrame.from({ a: [1], b: [2] }));
    // Two fields, two nodes and, with those of missing values, four buffers.
    for (const place of placesOf(bytes, [2, 0, 0, 0]).filter((at) => at % 4 === 0)) {
      const body = Buffer.from(bytes);
      body.writeUInt32LE(0x7fffffff, place);
      const outcome = await decodeArrow(body).catch(
        (error: { statusCode: number }) => error.statusCode,
      );
      expect(outcome === 400 || outcome instanceof DataFrame).toBe(true);
    }
    expect.hasAssertions();
  });
});
