import { describeDeepIndex, describeIndex } from '../shape.js';
import { shorten } from '../shorten.js';
import { InvalidNdArrayError } from '../tensor.errors.js';

const MAX_SHOWN = 40;
const LONGEST_WORD = '-Infinity'.length;
const CURE = 'Send nested JSON lists.';

/** Where the scanner is: enough to say what it saw. */
export interface ScanPlace {
  readonly bytes: Uint8Array;
  readonly at: number;
  /** Index of the value that is being read. */
  readonly index: readonly number[];
}

export function emptyBody(): InvalidNdArrayError {
  return new InvalidNdArrayError(`The body is empty. ${CURE}`);
}

/** Bytes that are no JSON. */
export function malformed(expected: string, place: ScanPlace): InvalidNdArrayError {
  const got = place.at >= place.bytes.length ? 'the end' : describeToken(place);
  return new InvalidNdArrayError(
    `Expected ${expected} at byte ${place.at}, got ${got}. ${CURE}`,
    withIndex(place.index),
  );
}

/** A value of JSON, or nearly, that is not of the kind that belongs here. */
export function wrongKind(expected: string, place: ScanPlace): InvalidNdArrayError {
  const got = describeToken(place);
  const cure = /^-?(NaN|Infinity)$/.test(got) ? ' JSON has no such number: send it as .npy.' : '';
  return new InvalidNdArrayError(
    `Expected ${expected}${atIndex(place.index)}, got ${got}.${cure}`,
    withIndex(place.index),
  );
}

/** Another kind of value, where its text is one; else bytes that are no JSON. */
export function unexpected(expected: string, place: ScanPlace): InvalidNdArrayError {
  const { bytes, at, index } = place;
  const text = Buffer.from(bytes.subarray(at, at + LONGEST_WORD + 1)).toString('latin1');
  return /^(["{[]|true|false|null|-?(NaN|Infinity)|-?\d)/.test(text)
    ? wrongKind(expected, place)
    : malformed(index.length === 0 ? `${expected} or a list` : expected, place);
}

export function ragged(
  expected: number,
  got: number,
  index: readonly number[],
): InvalidNdArrayError {
  return new InvalidNdArrayError(
    `Expected ${expected} values${atIndex(index)}, got ${got}. Lists of one level must have the same length.`,
    withIndex(index),
  );
}

export function tooDeep(maxDepth: number, place: ScanPlace): InvalidNdArrayError {
  const where = place.index.length === 0 ? '' : ` at index ${describeDeepIndex(place.index)}`;
  return new InvalidNdArrayError(
    `Expected lists nested at most ${maxDepth} deep, got deeper${where} (byte ${place.at}).`,
    withIndex(place.index),
  );
}

export function outOfRange(
  expected: string,
  got: string,
  index: readonly number[],
): InvalidNdArrayError {
  return new InvalidNdArrayError(
    `Expected ${expected}${atIndex(index)}, got ${shorten(got)}.`,
    withIndex(index),
  );
}

function atIndex(index: readonly number[]): string {
  return index.length === 0 ? '' : ` at index ${describeIndex(index)}`;
}

function withIndex(index: readonly number[]) {
  return index.length === 0 ? {} : { details: { index: [...index] } };
}

/** What stands at a place, in words and short. */
export function describeToken({ bytes, at }: Pick<ScanPlace, 'bytes' | 'at'>): string {
  const text = Buffer.from(bytes.subarray(at, at + 4 * MAX_SHOWN)).toString('utf8');
  const [word] = /^-?[\w.+-]*/.exec(text) ?? [''];
  if (text.startsWith('"')) {
    const end = /^"(?:[^"\\]|\\.)*"?/.exec(text)?.[0] ?? '"';
    const shown = end.length > MAX_SHOWN + 1 ? `${end.slice(0, MAX_SHOWN)}…"` : end;
    return `the string ${shown.endsWith('"') && shown.length > 1 ? shown : `${shown}"`}`;
  }
  if (text.startsWith('{')) return 'an object';
  if (text.startsWith('[')) return 'a list';
  if (['true', 'false', 'null', 'NaN', 'Infinity', '-Infinity', '-NaN'].includes(word)) return word;
  if (word !== '' && /^-?\d/.test(word)) return `the number ${shorten(word)}`;
  const [character = ''] = text;
  if (character === '\ufeff') return 'a byte order mark';
  return JSON.stringify(character);
}
