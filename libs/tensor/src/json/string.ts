const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const FIRST_BEYOND_ASCII = 0x80;

/** Offset behind the closing quote of the string that opens at `start`, or of the end. */
export function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(at + 1, bytes.length);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The string whose quotes are the bytes at `start` and before `end`; undefined where it is no JSON. */
export function readString(buffer: Buffer, start: number, end: number): string | undefined {
  if (isPlain(buffer, start, end)) return buffer.toString('latin1', start + 1, end - 1);
  try {
    return JSON.parse(utf8.decode(buffer.subarray(start, end))) as string;
  } catch {
    return undefined;
  }
}

/** True for ASCII between quotes that stands for itself, as labels mostly are. */
function isPlain(buffer: Buffer, start: number, end: number): boolean {
  if (end - start < 2 || buffer[end - 1] !== QUOTE) return false;
  for (let at = start + 1; at < end - 1; at++) {
    const byte = buffer[at];
    if (byte < SPACE || byte >= FIRST_BEYOND_ASCII || byte === BACKSLASH) return false;
  }
  return true;
}
