/** Formats that are read and written, by media type, as sharp names them. */
export const FORMATS = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
} as const;

/** Media type of an image. */
export type ImageType = keyof typeof FORMATS;

export function isImageType(type: string): type is ImageType {
  return Object.hasOwn(FORMATS, type);
}

const SIGNATURES: readonly (readonly [ImageType, RegExp])[] = [
  ['image/png', /^\x89PNG\r\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/webp', /^RIFF.{4}WEBP/s],
  ['image/gif', /^GIF8[79]a/],
  // The brand, or one of those that the file is compatible with.
  ['image/avif', /^.{4}ftyp.{0,60}?avi[fs]/s],
];

/**
 * The type of an image by its first bytes: what a client says may be wrong, and no other decoder of
 * sharp's, such as that for SVG, shall see a client's bytes.
 */
export function detectImageType(body: Buffer): ImageType | undefined {
  const start = body.toString('latin1', 0, 80);
  return SIGNATURES.find(([, signature]) => signature.test(start))?.[0];
}
