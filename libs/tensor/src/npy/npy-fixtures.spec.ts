import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeNpy } from './decode-npy.js';
import { encodeNpy } from './encode-npy.js';

interface Expected {
  dtype: string;
  shape: number[];
  values: unknown;
  version: number;
  roundTrip: boolean;
}

// Written by numpy: test/fixtures/npy/make.py.
const folder = new URL('../../../../test/fixtures/npy/', import.meta.url);
const read = (name: string): Buffer => readFileSync(new URL(name, folder));
const fixtures = Object.entries(
  JSON.parse(read('expected.json').toString()) as Record<string, Expected>,
);

/** As make.py says it: what JSON cannot hold becomes a string; -0 is told from 0. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) {
    return String(value);
  }
  return value;
}

describe.each(fixtures)('numpy file %s', (name, { dtype, shape, values, version }) => {
  const file = read(`${name}.npy`);

  it('is what expected.json describes', () => {
    expect(file[6]).toBe(version);
  });

  it('decodes to the values that numpy reads', () => {
    const array = decodeNpy(file);
    expect({ dtype: array.dtype, shape: array.shape }).toEqual({ dtype, shape });
    expect(plain(array.toNested())).toEqual(values);
  });

  it('decodes from any offset of a larger buffer', () => {
    for (let offset = 0; offset < 8; offset++) {
      const larger = new Uint8Array(file.length + 16);
      larger.set(file, offset);
      const array = decodeNpy(larger.subarray(offset, offset + file.length));
      expect(plain(array.toNested())).toEqual(values);
    }
  });

  it('encodes to an array that decodes the same', () => {
    const array = decodeNpy(file);
    expect(decodeNpy(encodeNpy(array))).toEqual(array);
  });
});

const written = fixtures.filter(([, { roundTrip }]) => roundTrip);

it('has files of every dtype to compare bytes with', () => {
  expect(new Set(written.map(([, { dtype }]) => dtype)).size).toBe(13);
});

it.each(written)('encodeNpy writes the bytes of numpy.save: %s', (name) => {
  const file = read(`${name}.npy`);
  expect(encodeNpy(decodeNpy(file)).equals(file)).toBe(true);
});
