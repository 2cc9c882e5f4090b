import { NpyFormatError } from '../tensor.errors.js';
import { CHARACTER_BYTES } from './npy-format.js';

/** Few enough arguments of one call that no stack overflows. */
const CHUNK = 4096;

/** With the u flag whole pairs are one character each, so only halves match. */
const HALF_PAIR = /\p{Surrogate}/u;

/** Strings of `characters` code points each, padded with NULs as numpy pads them. */
export function decodeStrings(codes: Uint32Array, characters: number): string[] {
  const strings: string[] = [];
  for (let start = 0; start < codes.length; start += characters) {
    let end = start + characters;
    while (end > start && codes[end - 1] === 0) end--;
    strings.push(decodeString(codes, start, end));
  }
  return strings;
}

function decodeString(codes: Uint32Array, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    const code = codes[i];
    if (code > 0x10_ff_ff || (code >= 0xd8_00 && code <= 0xdf_ff)) {
      throw new NpyFormatError(
        `Expected Unicode code points in the strings of the .npy file, got 0x${code.toString(16)}. ` +
          "Decode the text properly in Python (bytes.decode('utf-8')) before saving.",
      );
    }
  }
  let text = '';
  for (let i = start; i < end; i += CHUNK) {
    text += String.fromCodePoint(...codes.subarray(i, Math.min(i + CHUNK, end)));
  }
  return text;
}

/**
 * The width numpy gives these strings: code points of the longest, at least 1. Refuses what a
 * `U` element would not give back: a NUL at the end (it reads as padding), half a surrogate pair.
 */
export function widthOfStrings(strings: readonly string[]): number {
  let width = 1;
  for (const [index, text] of strings.entries()) {
    if (text.endsWith('\0') || HALF_PAIR.test(text)) {
      throw new NpyFormatError(
        `Expected strings that a .npy file can hold, got one at element ${index} that ` +
          (text.endsWith('\0') ? 'ends in a NUL' : 'has half of a surrogate pair') +
          '. Clean it first, or send the array as JSON.',
      );
    }
    if (text.length > width) width = Math.max(width, codePoints(text));
  }
  return width;
}

/** Writes each string as little-endian UCS-4 into `target`, which holds zeros. */
export function writeStrings(strings: readonly string[], width: number, target: Buffer): void {
  for (const [index, text] of strings.entries()) {
    let at = index * width * CHARACTER_BYTES;
    for (let i = 0; i < text.length; at += CHARACTER_BYTES) {
      const code = text.codePointAt(i) ?? 0;
      target.writeUInt32LE(code, at);
      i += code > 0xff_ff ? 2 : 1;
    }
  }
}

function codePoints(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; count++) i += (text.codePointAt(i) ?? 0) > 0xff_ff ? 2 : 1;
  return count;
}
