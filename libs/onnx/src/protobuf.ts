/** A field of a protobuf message, by the positions of its bytes. */
export interface Field {
  readonly number: number;
  /** Where the tag begins. */
  readonly start: number;
  /** Where the value begins; for bytes, strings and messages behind their length. */
  readonly valueStart: number;
  readonly end: number;
}

/** Wire types of protobuf; groups (3 and 4) have not been written for many years. */
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];

/**
 * The fields of the message that lies between two positions, in order.
 *
 * @throws RangeError where the bytes are no message.
 */
export function* readFields(bytes: Uint8Array, start: number, end: number): Generator<Field> {
  let at = start;
  while (at < end) {
    const tag = readVarint(bytes, at, end);
    const value = readValue(bytes, tag, end);
    yield { number: Math.floor(tag.value / 8), start: at, ...value };
    at = value.end;
  }
}

interface Varint {
  readonly value: number;
  readonly end: number;
}

function readValue(
  bytes: Uint8Array,
  tag: Varint,
  end: number,
): { readonly valueStart: number; readonly end: number } {
  let valueStart = tag.end;
  let valueEnd = -1;
  const wireType = tag.value % 8;
  if (wireType === VARINT) valueEnd = readVarint(bytes, tag.end, end).end;
  else if (wireType === FIXED64) valueEnd = tag.end + 8;
  else if (wireType === FIXED32) valueEnd = tag.end + 4;
  else if (wireType === BYTES) {
    const length = readVarint(bytes, tag.end, end);
    valueStart = length.end;
    valueEnd = length.end + length.value;
  }
  if (valueEnd === -1 || valueEnd > end) throw new RangeError('Expected a protobuf message.');
  return { valueStart, end: valueEnd };
}

/** Up to 64 bits; beyond 2^53 the value is inexact, its end is right. */
function readVarint(bytes: Uint8Array, start: number, end: number): Varint {
  let value = 0;
  for (let i = 0; i < 10 && start + i < end; i++) {
    const byte = bytes[start + i];
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  throw new RangeError('Expected a protobuf varint.');
}

/** The bytes of a field that holds a message or bytes of its own. */
export function encodeBytesField(number: number, chunks: readonly Uint8Array[]): Uint8Array {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return Buffer.concat([encodeVarint(number * 8 + BYTES), encodeVarint(length), ...chunks]);
}

function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}
