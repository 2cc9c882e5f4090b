import { InvalidBodyError } from '../io.errors.js';

/** Deepest nesting of JSON that is read, where its descriptor has no limit of its own. */
export const MAX_JSON_DEPTH = 100;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const PLUS = 0x2b;
const ZERO = 0x30;
const NINE = 0x39;

// What the scan stops at, told by one look; a comparison for each would double its time.
const OPENS = 1;
const CLOSES = 2;
const QUOTES = 3;
const EXPONENT = 4;
const KINDS = new Uint8Array(256);
for (const [kind, characters] of [
  [OPENS, '[{'],
  [CLOSES, ']}'],
  [QUOTES, '"'],
  [EXPONENT, 'eE'],
] as const) {
  for (const character of characters) KINDS[character.charCodeAt(0)] = kind;
}

/**
 * Bounds the nesting of JSON before anything recursive sees the value; one pass over the bytes.
 *
 * @returns whether a number may be too large for a double: JSON.parse would make it an infinity.
 * @throws InvalidBodyError
 */
export function checkJsonText(body: Uint8Array): boolean {
  const end = body.length;
  let mayOverflow = hasLongDigits(body);
  let depth = 0;
  for (let at = 0; at < end; at++) {
    const kind = KINDS[body[at]];
    if (kind === 0) continue;
    if (kind === QUOTES) at = endOfString(body, at);
    else if (kind === CLOSES) depth--;
    else if (kind === EXPONENT) mayOverflow ||= isLargeExponent(body, at + 1);
    else if (++depth > MAX_JSON_DEPTH) throw tooDeep(at);
  }
  return mayOverflow;
}

export function tooDeep(at: number): InvalidBodyError {
  return new InvalidBodyError(
    `Expected JSON nested at most ${MAX_JSON_DEPTH} deep, got deeper at byte ${at}. Flatten it.`,
  );
}

/** Offset of the closing quote. */
function endOfString(body: Uint8Array, start: number): number {
  let at = start + 1;
  for (; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) break;
    if (byte === BACKSLASH) at++;
  }
  return at;
}

/** Three digits, after a plus or none: less, and 200 digits, are within a double's range. */
function isLargeExponent(body: Uint8Array, first: number): boolean {
  const at = body[first] === PLUS ? first + 1 : first;
  return isDigit(body[at]) && isDigit(body[at + 1]) && isDigit(body[at + 2]);
}

const LONG = 200;

/** Whether there are 200 digits in a row: then one of every 200 bytes stands in them. */
function hasLongDigits(body: Uint8Array): boolean {
  for (let probe = LONG - 1; probe < body.length; probe += LONG) {
    if (!isDigit(body[probe])) continue;
    let first = probe;
    while (first > 0 && probe - first < LONG && isDigit(body[first - 1])) first--;
    let last = probe;
    while (last - first < LONG && isDigit(body[last + 1])) last++;
    if (last - first + 1 >= LONG) return true;
  }
  return false;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
