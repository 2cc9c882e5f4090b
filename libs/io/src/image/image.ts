import { ServiceConfigurationError } from 'bentonest/errors';
import type { NdArray } from 'bentonest/tensor';
import { describeValue } from '../describe-value.js';
import type { BufferedDescriptor } from '../io-descriptor.js';
import { decodeImage } from './decode-image.js';
import type { ImageMode } from './decode-image.js';
import { encodeImage } from './encode-image.js';
import { FORMATS, isImageType } from './image-format.js';
import type { ImageType } from './image-format.js';

/** Options of {@link image}. */
export interface ImageOptions {
  /**
   * Channels of the array: `RGB` and `RGBA` are [height, width, 3 or 4], `L` (lightness) is
   * [height, width]. Images of other modes are converted as PIL does; opacity is dropped, not blended.
   *
   * @default 'RGB'
   */
  mode?: ImageMode;
  /**
   * Media types that are read; others are answered 415.
   *
   * @default PNG, JPEG, WebP, GIF and AVIF
   */
  mimeTypes?: readonly ImageType[];
  /**
   * Most pixels, width by height, of an image that is read; more are answered 413, undecoded. An
   * image of 32 million pixels takes 96 MB as RGB.
   *
   * @default 32_000_000
   */
  maxPixels?: number;
  /**
   * Media type of a result where the client's Accept header prefers none.
   *
   * @default 'image/png', which keeps every value
   */
  contentType?: ImageType;
}

const TYPES = Object.keys(FORMATS) as ImageType[];
const DEFAULT_MAX_PIXELS = 32_000_000;

/**
 * An image as a uint8 NdArray of its pixels: turned upright by its EXIF orientation, the first frame
 * of an animated one. A result may be of shape [height, width] or [height, width, 1, 3 or 4].
 * Needs the package sharp.
 *
 * @throws ServiceConfigurationError for options that are none.
 * @example
 * @Api({ input: image({ mode: 'RGB', mimeTypes: ['image/jpeg'] }), output: ndarray() })
 */
export function image(options: ImageOptions = {}): BufferedDescriptor<NdArray> {
  const {
    mode = 'RGB',
    mimeTypes = TYPES,
    maxPixels = DEFAULT_MAX_PIXELS,
    contentType = 'image/png',
  } = options;
  checkOptions({ mode, mimeTypes, maxPixels, contentType });
  const binary = { type: 'string', format: 'binary' };
  const writes = [contentType, ...TYPES.filter((type) => type !== contentType)];
  return {
    kind: 'image',
    contentTypes: mimeTypes,
    writes,
    reads: 'buffer',
    decode: ({ body }) => decodeImage(body, { mode, mimeTypes, maxPixels }),
    encode: (value, type) => encodeImage(value, isImageType(type) ? type : contentType),
    schema: () => Object.fromEntries([...mimeTypes, ...writes].map((type) => [type, binary])),
  };
}

function checkOptions(options: Required<ImageOptions>): void {
  const { mode, mimeTypes, maxPixels, contentType } = options;
  if (!['RGB', 'RGBA', 'L'].includes(mode)) throw wrong('mode', mode, 'RGB, RGBA or L');
  const known = TYPES.join(', ');
  for (const type of mimeTypes) {
    if (!isImageType(type)) throw wrong('mimeTypes', type, `some of ${known}`);
  }
  if (mimeTypes.length === 0) throw wrong('mimeTypes', mimeTypes, `some of ${known}`);
  if (!isImageType(contentType)) throw wrong('contentType', contentType, `one of ${known}`);
  if (!Number.isInteger(maxPixels) || maxPixels < 1) {
    throw wrong('maxPixels', maxPixels, 'a whole number from 1');
  }
}

function wrong(option: string, got: unknown, expected: string): ServiceConfigurationError {
  return new ServiceConfigurationError(
    `image() has as ${option} ${describeValue(got)}; expected ${expected}.`,
  );
}
