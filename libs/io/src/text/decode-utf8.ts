import { isUtf8 } from 'node:buffer';
import { InvalidBodyError } from '../io.errors.js';

const REPLACEMENT = '\uFFFD';
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);
const BYTE_ORDER_MARK = 0xfeff;

/**
 * Text of UTF-8 bytes, without a byte order mark.
 *
 * @throws InvalidBodyError that says at which byte the text is no UTF-8.
 */
export function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) {
    const offset = findInvalid(bytes);
    const byte = bytes[offset].toString(16).padStart(2, '0');
    throw new InvalidBodyError(
      `Expected text in UTF-8, got the byte 0x${byte} at byte ${offset}. Encode the text as UTF-8.`,
      { details: { offset } },
    );
  }
  const text = bytes.toString();
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

/** Bytes that are no UTF-8 become U+FFFD; the first that was none in the body is what we look for. */
function findInvalid(bytes: Buffer): number {
  const text = bytes.toString();
  let offset = 0;
  let from = 0;
  for (;;) {
    const index = text.indexOf(REPLACEMENT, from);
    offset += Buffer.byteLength(text.slice(from, index));
    const { length } = REPLACEMENT_BYTES;
    if (!bytes.subarray(offset, offset + length).equals(REPLACEMENT_BYTES)) return offset;
    offset += length;
    from = index + 1;
  }
}
