import { NdArray } from 'bentonest/tensor';
import { BodyTooLargeError, InvalidBodyError, UnsupportedMediaTypeError } from '../io.errors.js';
import { detectImageType } from './image-format.js';
import { loadSharp } from './load-sharp.js';
import type { SharpModule } from './load-sharp.js';

/** Channels of an image: colours, colours and opacity, or lightness. */
export type ImageMode = 'RGB' | 'RGBA' | 'L';

export interface DecodeOptions {
  readonly mode: ImageMode;
  readonly mimeTypes: readonly string[];
  readonly maxPixels: number;
}

/** The pixels of an image, upright, as a uint8 array of rows, columns and (but for L) channels. */
export async function decodeImage(body: Buffer, options: DecodeOptions): Promise<NdArray<'uint8'>> {
  const type = detectImageType(body);
  if (type === undefined) throw noImage(body.length === 0 ? 'got no bytes' : 'got something else');
  if (!options.mimeTypes.includes(type))
    throw new UnsupportedMediaTypeError(type, options.mimeTypes);
  const sharp = await loadSharp();
  try {
    await checkSize(sharp, body, options.maxPixels);
    return await readPixels(sharp, body, options);
  } catch (cause) {
    if (cause instanceof BodyTooLargeError) throw cause;
    throw noImage(`got an ${type} that is damaged or cut off`, cause);
  }
}

/** Of the header alone: nothing is decoded of an image that is too large. */
async function checkSize(sharp: SharpModule, body: Buffer, maxPixels: number): Promise<void> {
  const { width, height } = await sharp(body, { limitInputPixels: false }).metadata();
  if (width * height <= maxPixels) return;
  throw new BodyTooLargeError(
    `Expected an image of at most ${maxPixels} pixels, got ${width} × ${height}. Send a smaller one.`,
    { details: { maxPixels, width, height } },
  );
}

async function readPixels(
  sharp: SharpModule,
  body: Buffer,
  { mode, maxPixels }: DecodeOptions,
): Promise<NdArray<'uint8'>> {
  // As training pipelines read (PIL, OpenCV): colour profiles do not change the values.
  const source = sharp(body, { limitInputPixels: maxPixels, failOn: 'error', ignoreIcc: true });
  const upright = source.autoOrient().toColourspace('srgb');
  const image = mode === 'RGBA' ? upright.ensureAlpha() : upright.removeAlpha();
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (mode !== 'L') return new NdArray('uint8', pixels, [height, width, channels]);
  return new NdArray('uint8', toLightness(pixels, channels), [height, width]);
}

/** ITU-R 601-2 luma in PIL's own fixed-point arithmetic: the same values as its convert('L'). */
function toLightness(pixels: Uint8Array, channels: number): Uint8Array {
  if (channels === 1) return pixels;
  const lightness = new Uint8Array(pixels.length / channels);
  for (let i = 0, j = 0; i < lightness.length; i++, j += channels) {
    lightness[i] =
      (pixels[j] * 19595 + pixels[j + 1] * 38470 + pixels[j + 2] * 7471 + 0x8000) >> 16;
  }
  return lightness;
}

function noImage(got: string, cause?: unknown): InvalidBodyError {
  return new InvalidBodyError(`Expected an image, ${got}. Send the bytes of an image file.`, {
    cause,
  });
}
