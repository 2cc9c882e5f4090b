import { IS_LITTLE_ENDIAN_HOST, swapBytes } from '../byte-order.js';
import { viewOf } from '../dtype.js';
import type { TensorData } from '../dtype.js';
import { NdArray } from '../nd-array.js';
import { NpyFormatError } from '../tensor.errors.js';
import { toRowMajor } from './fortran-order.js';
import { parseDescr } from './npy-descr.js';
import type { ElementLayout } from './npy-descr.js';
import { CHARACTER_BYTES, MAGIC, MAX_HEADER_BYTES, quote } from './npy-format.js';
import { parseNpyHeader } from './npy-header.js';
import { decodeStrings } from './npy-strings.js';

/**
 * The array of a .npy file: format versions 1 to 3, either byte order, C or Fortran order (which
 * is turned into C order); booleans, integers, floats and `U` strings.
 *
 * The result may be a view of `bytes`, without a copy, where byte order and alignment allow it:
 * do not write to `bytes` as long as the array is in use.
 *
 * @throws NpyFormatError for anything else: pickled objects, structured, complex or date dtypes,
 *   a malformed header, missing or trailing bytes. All is checked before memory is allocated.
 */
export function decodeNpy(bytes: Uint8Array): NdArray {
  const { text, dataStart } = readHeader(bytes);
  const { descr, fortranOrder, shape } = parseNpyHeader(text);
  const layout = parseDescr(descr);
  const stored = bytes.subarray(dataStart);
  checkLength(stored.length, layout.elementBytes, shape);
  const elements = toNative(stored, layout, fortranOrder && shape.length > 1 ? shape : undefined);
  return new NdArray(layout.dtype, toData(elements, layout), shape);
}

function readHeader(bytes: Uint8Array): { text: string; dataStart: number } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const versionAt = MAGIC.length;
  if (!file.subarray(0, versionAt).equals(MAGIC)) refuseMagic(file);
  const [major, minor] = file.subarray(versionAt, versionAt + 2);
  const lengthBytes = major === 1 ? 2 : 4;
  const start = versionAt + 2 + lengthBytes;
  if (file.length < start) refuseShort(`at least ${start} bytes`, file.length);
  if (major < 1 || major > 3 || minor !== 0) {
    throw new NpyFormatError(
      `Expected .npy format version 1.0, 2.0 or 3.0, got ${major}.${minor}. ` +
        'Write the file with numpy.save.',
    );
  }
  const length = file.readUIntLE(versionAt + 2, lengthBytes);
  if (length > MAX_HEADER_BYTES) {
    throw new NpyFormatError(
      `Expected a .npy header of at most ${MAX_HEADER_BYTES} bytes, got one of ${length}. ` +
        'Save a plain array, not one with many named fields.',
    );
  }
  const dataStart = start + length;
  if (file.length < dataStart) refuseShort(`a header up to byte ${dataStart}`, file.length);
  return { text: file.toString(major === 3 ? 'utf8' : 'latin1', start, dataStart), dataStart };
}

function refuseMagic(file: Buffer): never {
  const first = file.toString('latin1', 0, MAGIC.length);
  let cure = 'Write the file with numpy.save.';
  if (first.startsWith('PK')) cure = 'This is a zip, perhaps an .npz: send one .npy out of it.';
  if (first.startsWith('\x80')) cure = 'This is a pickle: write it with numpy.save instead.';
  throw new NpyFormatError(
    `Expected a .npy file, which starts with "\\x93NUMPY", got ` +
      `${file.length === 0 ? 'no bytes' : quote(first)}. ${cure}`,
  );
}

function refuseShort(expected: string, got: number): never {
  throw new NpyFormatError(
    `Expected a .npy file with ${expected}, got ${got} bytes. It was cut off: send it whole.`,
  );
}

function checkLength(got: number, elementBytes: number, shape: readonly number[]): void {
  // Zeros are left out, so that (0, 2**62, 2**62) is refused as numpy does, not taken for empty.
  const extent = shape.reduce((product, n) => (n === 0 ? product : product * n), elementBytes);
  if (extent > Number.MAX_SAFE_INTEGER) {
    throw new NpyFormatError(
      `Expected a .npy array of less than 2**53 bytes, got the shape (${shape.join(', ')}). ` +
        'The header is damaged: write the file with numpy.save.',
    );
  }
  const expected = shape.includes(0) ? 0 : extent;
  if (got === expected) return;
  throw new NpyFormatError(
    `Expected ${expected} bytes of .npy data for the shape (${shape.join(', ')}), got ${got}. ` +
      (got < expected
        ? 'The file was cut off: send it whole.'
        : 'Send one array per file, and nothing after it.'),
  );
}

/** The elements in the host's byte order and, given a Fortran shape, in C order. */
function toNative(
  stored: Uint8Array,
  { elementBytes, wordBytes, littleEndian }: ElementLayout,
  fortranShape: readonly number[] | undefined,
): Uint8Array {
  let bytes = stored;
  const mustSwap = wordBytes > 1 && littleEndian !== IS_LITTLE_ENDIAN_HOST;
  // `new Uint8Array(view)` copies; Buffer's own slice would not.
  if (mustSwap || bytes.byteOffset % wordBytes !== 0) bytes = new Uint8Array(stored);
  if (mustSwap) swapBytes(bytes, wordBytes);
  return fortranShape === undefined ? bytes : toRowMajor(bytes, elementBytes, fortranShape);
}

function toData(bytes: Uint8Array, { dtype, elementBytes }: ElementLayout): TensorData {
  const { buffer, byteOffset, byteLength } = bytes;
  if (dtype === 'string') {
    const codes = new Uint32Array(buffer, byteOffset, byteLength / CHARACTER_BYTES);
    return decodeStrings(codes, elementBytes / CHARACTER_BYTES);
  }
  // To numpy every byte but 0 is True; an NdArray holds 0 and 1 only.
  if (dtype === 'bool' && bytes.some((b) => b > 1)) return Uint8Array.from(bytes, (b) => +(b > 0));
  return viewOf(dtype, buffer, byteOffset, byteLength / elementBytes);
}
