import { NdArray } from 'bentonest/tensor';
import { describeValue } from '../describe-value.js';
import type { OutgoingBody } from '../io-descriptor.js';
import { UnencodableResultError } from '../io.errors.js';
import { FORMATS } from './image-format.js';
import type { ImageType } from './image-format.js';
import { loadSharp } from './load-sharp.js';

interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/** An image file of an array of pixels. */
export async function encodeImage(value: unknown, contentType: ImageType): Promise<OutgoingBody> {
  const { data, ...raw } = toPixels(value);
  const sharp = await loadSharp();
  try {
    const image = sharp(data, { raw, limitInputPixels: false });
    // JPEG has no opacity; sharp alone would put black under it.
    const opaque = contentType === 'image/jpeg' ? image.removeAlpha() : image;
    return { contentType, body: await opaque.toFormat(FORMATS[contentType]).toBuffer() };
  } catch (cause) {
    const got = `one of ${raw.width} × ${raw.height} pixels`;
    const expected = `an image that ${contentType} can hold`;
    throw new UnencodableResultError('image', expected, got, { cause });
  }
}

function toPixels(value: unknown): Pixels {
  if (!(value instanceof NdArray)) throw noPixels(describeValue(value));
  const { dtype, data, shape } = value as NdArray;
  const [height, width, channels = 1] = shape;
  const isImage =
    (shape.length === 2 || shape.length === 3) &&
    (channels === 1 || channels === 3 || channels === 4) &&
    data.length > 0;
  if (dtype !== 'uint8' || !isImage) throw noPixels(`${dtype} of shape [${shape.join(', ')}]`);
  return { data: data as Uint8Array, width, height, channels };
}

function noPixels(got: string): UnencodableResultError {
  const expected = 'a uint8 NdArray of shape [height, width] or [height, width, 1, 3 or 4]';
  return new UnencodableResultError('image', expected, got);
}
