import type { FileWindow } from './file-window.js';

/** A message of protobuf in a file, by the offsets of its bytes. */
export interface Message {
  readonly start: number;
  readonly end: number;
}

/** A field of a message: a number, or where its bytes are. */
export interface MessageField extends Message {
  readonly number: number;
  /** Of a varint; 0 for bytes. */
  readonly value: number;
}

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];

/**
 * The fields of a message, in order, without what they hold: a tensor of a gigabyte is passed by.
 *
 * @throws RangeError where the bytes are no message, or end within it.
 */
export function* fieldsOf(file: FileWindow, { start, end }: Message): Generator<MessageField> {
  let at = start;
  while (at < end) {
    const tag = varintAt(file, at);
    const field = valueAt(file, tag.value % 8, tag.end);
    if (field.end > end) throw new RangeError('Expected a message that ends within its parent.');
    yield { number: Math.floor(tag.value / 8), ...field };
    at = field.end;
  }
}

function valueAt(
  file: FileWindow,
  wireType: number,
  at: number,
): Message & { readonly value: number } {
  switch (wireType) {
    case VARINT: {
      const { value, end } = varintAt(file, at);
      return { value, start: at, end };
    }
    case FIXED64:
      return { value: 0, start: at, end: at + 8 };
    case FIXED32:
      return { value: 0, start: at, end: at + 4 };
    case BYTES: {
      const length = varintAt(file, at);
      return { value: 0, start: length.end, end: length.end + length.value };
    }
    default:
      throw new RangeError('Expected a wire type of protobuf.');
  }
}

/** Up to 64 bits; beyond 2^53 the value is inexact, its end is right. */
function varintAt(
  file: FileWindow,
  start: number,
): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = file.byteAt(start + i);
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  throw new RangeError('Expected a varint.');
}
