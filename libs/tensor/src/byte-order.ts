import { endianness } from 'node:os';

export const IS_LITTLE_ENDIAN_HOST = endianness() === 'LE';

/** Bytes to words in place, or back, when file and host disagree about the order of bytes. */
export function swapBytes(bytes: Uint8Array, wordBytes: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (wordBytes === 2) buffer.swap16();
  else if (wordBytes === 4) buffer.swap32();
  else if (wordBytes === 8) buffer.swap64();
}
