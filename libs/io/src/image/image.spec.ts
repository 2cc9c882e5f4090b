import { readFile } from 'node:fs/promises';
import { NdArray } from 'bentonest/tensor';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { ImageType } from './image-format.js';
import { image } from './image.js';
import type { ImageOptions } from './image.js';

const FILES = new URL('../../../../test/fixtures/images/', import.meta.url);
const COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
  [10, 100, 200],
  [255, 255, 255],
];

async function decode(source: string | Buffer, options: ImageOptions = {}): Promise<NdArray> {
  const body = typeof source === 'string' ? await readFile(new URL(source, FILES)) : source;
  return image(options).decode({ contentType: 'image/png', headers: {}, body });
}

async function encode(value: unknown, type: ImageType = 'image/png') {
  const { contentType, body } = await image().encode(value as NdArray, type);
  return { contentType, body: body as Buffer };
}

function colour(width: number, height: number, background: string) {
  return sharp({ create: { width, height, channels: 3, background } });
}

describe('decode', () => {
  it.each(['alpha.png', 'colours.webp', 'colours.avif'])(
    'reads rows of RGB of %s',
    async (name) => {
      const array = await decode(name);
      expect([array.dtype, array.shape]).toEqual(['uint8', [2, 3, 3]]);
      const off = [...array.data].map((value, i) => Math.abs(Number(value) - COLOURS.flat()[i]));
      // AVIF keeps colours in YUV: lossless is off by the rounding there.
      expect(Math.max(...off)).toBeLessThanOrEqual(name.endsWith('.avif') ? 3 : 0);
    },
  );

  it('reads opacity, or adds it', async () => {
    const { data, shape } = await decode('alpha.png', { mode: 'RGBA' });
    expect(shape).toEqual([2, 3, 4]);
    expect([...data]).toEqual(COLOURS.flatMap((each, i) => [...each, i * 51]));
    const opaque = await decode('colours.webp', { mode: 'RGBA' });
    expect([...opaque.data].filter((_, i) => i % 4 === 3)).toEqual(Array(6).fill(255));
  });

  it("has PIL's values of lightness", async () => {
    const { data, shape } = await decode('alpha.png', { mode: 'L' });
    expect([shape, [...data]]).toEqual([
      [2, 3],
      [76, 150, 29, 226, 84, 255],
    ]);
  });

  it('reads grey, palette and 16 bit images', async () => {
    const grey = await colour(2, 1, '#808080').toColourspace('b-w').png().toBuffer();
    expect([...(await decode(grey)).data]).toEqual(Array(6).fill(128));
    expect([...(await decode(grey, { mode: 'L' })).data]).toEqual([128, 128]);
    const palette = await colour(2, 1, '#0a64c8').png({ palette: true }).toBuffer();
    expect([...(await decode(palette)).data]).toEqual([10, 100, 200, 10, 100, 200]);
    const deep = await colour(1, 1, '#0a64c8').toColourspace('rgb16').png().toBuffer();
    expect([...(await decode(deep)).data]).toEqual([10, 100, 200]);
  });

  it('turns an image upright', async () => {
    const { data, shape } = await decode('rotated.jpg');
    expect(shape).toEqual([32, 16, 3]);
    const [top, bottom] = [data.slice(0, 3), data.slice(-3)].map((pixel) => [...pixel].map(Number));
    expect(top[0]).toBeGreaterThan(240);
    expect(bottom[2]).toBeGreaterThan(240);
  });

  it('takes the first frame of an animation', async () => {
    const { data, shape } = await decode('animated.gif');
    expect(shape).toEqual([3, 4, 3]);
    expect(Array.from(data.slice(0, 3), Number)).toEqual([255, 0, 0]);
  });

  it('takes the type of the bytes, not of the header', async () => {
    expect((await decode('animated.gif', { mimeTypes: ['image/gif'] })).shape).toEqual([3, 4, 3]);
    await expect(
      decode('animated.gif', { mimeTypes: ['image/png', 'image/webp'] }),
    ).rejects.toThrow('Expected a body of type image/png or image/webp, got image/gif.');
  });

  it('refuses a bomb by its header, undecoded', async () => {
    const bomb = await colour(6000, 6000, 'red').png().toBuffer();
    expect(bomb.length).toBeLessThan(1_000_000);
    await expect(decode(bomb)).rejects.toMatchObject({
      statusCode: 413,
      message: 'Expected an image of at most 32000000 pixels, got 6000 × 6000. Send a smaller one.',
    });
    await expect(decode('alpha.png', { maxPixels: 5 })).rejects.toMatchObject({ statusCode: 413 });
    expect((await decode('alpha.png', { maxPixels: 6 })).shape).toEqual([2, 3, 3]);
  });

  it.each([
    ['nothing', '', 'Expected an image, got no bytes.'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'Expected an image, got something else.'],
    ['a signature alone', '\x89PNG\r\n\x1a\n', 'got an image/png that is damaged or cut off.'],
  ])('refuses %s', async (_name, bytes, message) => {
    await expect(decode(Buffer.from(bytes, 'latin1'))).rejects.toThrow(message);
  });

  it('refuses an image that is cut off, and says nothing of the library', async () => {
    const noise = Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * i * 31) % 251));
    const raw = { width: 100, height: 100, channels: 3 } as const;
    for (const type of ['png', 'jpeg', 'webp', 'gif', 'avif'] as const) {
      const whole = await sharp(noise, { raw }).toFormat(type).toBuffer();
      const cut = whole.subarray(0, whole.length / 2);
      await expect(decode(cut)).rejects.toMatchObject({
        statusCode: 400,
        message: `Expected an image, got an image/${type} that is damaged or cut off. Send the bytes of an image file.`,
      });
    }
  });

  it('answers 400 to whatever follows a signature', async () => {
    const start = await readFile(new URL('alpha.png', FILES));
    await fc.assert(
      fc.asyncProperty(fc.nat(start.length), fc.uint8Array({ maxLength: 200 }), async (n, rest) => {
        const body = Buffer.concat([start.subarray(0, Math.max(n, 8)), rest]);
        const status = await decode(body).then(
          () => 200,
          (error: { statusCode?: number }) => error.statusCode,
        );
        expect([200, 400, 413]).toContain(status);
      }),
    );
  });
});

describe('encode', () => {
  const pixels = new NdArray('uint8', Uint8Array.from(COLOURS.flat()), [2, 3, 3]);

  it.each(['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif'] as const)(
    'writes %s',
    async (type) => {
      const { contentType, body } = await encode(pixels, type);
      expect(contentType).toBe(type);
      expect((await decode(body, { mimeTypes: [type] })).shape).toEqual([2, 3, 3]);
    },
  );

  it('keeps every value in PNG', async () => {
    const anyImage = fc
      .record({ height: fc.integer({ min: 1, max: 5 }), width: fc.integer({ min: 1, max: 5 }) })
      .chain(({ height, width }) => {
        const size = height * width * 4;
        const values = fc.uint8Array({ minLength: size, maxLength: size });
        return values.map((data) => new NdArray('uint8', data, [height, width, 4]));
      });
    await fc.assert(
      fc.asyncProperty(anyImage, async (array) => {
        const { body } = await encode(array);
        expect(await decode(body, { mode: 'RGBA' })).toEqual(array);
      }),
      { numRuns: 30 },
    );
  });

  it('writes lightness of both shapes', async () => {
    const data = Uint8Array.from([1, 2, 3, 4]);
    for (const shape of [
      [2, 2],
      [2, 2, 1],
    ]) {
      const { body } = await encode(new NdArray('uint8', data, shape));
      expect(await decode(body, { mode: 'L' })).toEqual(new NdArray('uint8', data, [2, 2]));
    }
  });

  it('drops opacity where there is none in the format', async () => {
    const clear = new NdArray(
      'uint8',
      new Uint8Array(64 * 4).fill(255).map((v, i) => (i % 4 === 3 ? 0 : v)),
      [8, 8, 4],
    );
    const { body } = await encode(clear, 'image/jpeg');
    expect(Number((await decode(body)).data[0])).toBeGreaterThan(250);
  });

  it.each([
    [[[1]], 'got a list of 1'],
    [NdArray.from([[1]]), 'got float64 of shape [1, 1]'],
    [new NdArray('uint8', new Uint8Array(2), [1, 1, 2]), 'got uint8 of shape [1, 1, 2]'],
    [new NdArray('uint8', new Uint8Array(0), [0, 1, 3]), 'got uint8 of shape [0, 1, 3]'],
    [new NdArray('uint8', new Uint8Array(3), [3]), 'got uint8 of shape [3]'],
  ])('refuses %j', async (value, message) => {
    await expect(encode(value)).rejects.toThrow(message);
  });

  it('says which format is too small', async () => {
    const wide = new NdArray('uint8', new Uint8Array(70_000), [1, 70_000]);
    await expect(encode(wide, 'image/jpeg')).rejects.toThrow(
      'must return an image that image/jpeg can hold for its output image(), got one of 70000 × 1 pixels',
    );
  });
});

it('describes bytes of what it reads and writes, its own type first', () => {
  const descriptor = image({ mimeTypes: ['image/webp'], contentType: 'image/jpeg' });
  const types = ['image/webp', 'image/jpeg', 'image/png', 'image/gif', 'image/avif'];
  expect(Object.keys(descriptor.schema())).toEqual(types);
  expect(descriptor.writes?.[0]).toBe('image/jpeg');
});

it('refuses options that are none, when the service is declared', () => {
  expect(() => image({ mode: 'CMYK' as never })).toThrow(
    'as mode the string "CMYK"; expected RGB,',
  );
  expect(() => image({ mimeTypes: ['image/svg+xml' as never] })).toThrow(
    '"image/svg+xml"; expected',
  );
  expect(() => image({ maxPixels: 0 })).toThrow('as maxPixels the number 0; expected');
});
