import { constants } from 'node:buffer';
import { IS_LITTLE_ENDIAN_HOST, swapBytes } from '../byte-order.js';
import { bytesPerElement } from '../dtype.js';
import type { NdArray } from '../nd-array.js';
import { NpyFormatError } from '../tensor.errors.js';
import { descrOf } from './npy-descr.js';
import { CHARACTER_BYTES, DATA_ALIGNMENT, MAGIC } from './npy-format.js';
import { widthOfStrings, writeStrings } from './npy-strings.js';

/** numpy leaves room in the header for the first dimension to grow in place to 21 digits. */
const GROWTH_DIGITS = 21;

/**
 * The array as a .npy file: format 1.0, C order, little-endian, the same bytes as `numpy.save`.
 * Strings become `<U n`, n the code points of the longest.
 *
 * @throws NpyFormatError for a string that ends in a NUL or holds half a surrogate pair, and for
 *   an array whose file would exceed what one Buffer holds.
 */
export function encodeNpy(array: NdArray): Buffer {
  const { dtype, data, shape } = array;
  const width = Array.isArray(data) ? widthOfStrings(data) : 0;
  const preamble = npyPreamble(descrOf(dtype, width), shape);
  const elementBytes = dtype === 'string' ? width * CHARACTER_BYTES : bytesPerElement(dtype);
  const total = preamble.length + data.length * elementBytes;
  if (total > constants.MAX_LENGTH) {
    throw new NpyFormatError(
      `Expected a .npy file of at most ${constants.MAX_LENGTH} bytes, got an array that needs ` +
        `${total}. Split it, or shorten its longest string: each takes as much as the longest.`,
    );
  }
  // Strings are written into zeros, everything else fills the file.
  const file = Array.isArray(data) ? Buffer.alloc(total) : Buffer.allocUnsafe(total);
  file.set(preamble);
  const body = file.subarray(preamble.length);
  if (Array.isArray(data)) writeStrings(data, width, body);
  else {
    body.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    if (!IS_LITTLE_ENDIAN_HOST) swapBytes(body, elementBytes);
  }
  return file;
}

/** What precedes the data: magic, version, header length, header. Internal, for the specs too. */
export function npyPreamble(descr: string, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const growth = shape.length === 0 ? 0 : GROWTH_DIGITS - String(shape[0]).length;
  const header =
    `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }` + ' '.repeat(growth);
  const [version, lengthBytes] = padded(header, 2) <= 0xff_ff ? [1, 2] : [2, 4];
  const length = padded(header, lengthBytes);
  const prefix = Buffer.alloc(MAGIC.length + 2 + lengthBytes);
  prefix.set(MAGIC);
  prefix[MAGIC.length] = version;
  prefix.writeUIntLE(length, MAGIC.length + 2, lengthBytes);
  return Buffer.concat([prefix, Buffer.from(`${header.padEnd(length - 1)}\n`, 'latin1')]);
}

/** Bytes of the header with its newline, padded as numpy does: by 64 where none is needed. */
function padded(header: string, lengthBytes: number): number {
  const prefix = MAGIC.length + 2 + lengthBytes;
  const used = prefix + header.length + 1;
  return used + DATA_ALIGNMENT - (used % DATA_ALIGNMENT) - prefix;
}
