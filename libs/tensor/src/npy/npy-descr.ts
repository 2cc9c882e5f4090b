import { constants } from 'node:buffer';
import { bytesPerElement } from '../dtype.js';
import type { DType } from '../dtype.js';
import { NpyFormatError } from '../tensor.errors.js';
import { CHARACTER_BYTES, quote } from './npy-format.js';

/** How the elements of a .npy file lie in its data. */
export interface ElementLayout {
  dtype: DType;
  /** Bytes of one element. */
  elementBytes: number;
  /** Bytes of what a byte swap turns round: the element, or one character of a string. */
  wordBytes: number;
  littleEndian: boolean;
}

const DTYPE_OF_CODE: ReadonlyMap<string, Exclude<DType, 'string'>> = new Map([
  ['b1', 'bool'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'uint64'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
]);
const CODE_OF_DTYPE = new Map(Array.from(DTYPE_OF_CODE, ([code, dtype]) => [dtype, code]));

/** Above this a string could pass what V8 holds: a character is up to two UTF-16 units. */
const MAX_CHARACTERS = Math.floor(constants.MAX_STRING_LENGTH / 2);

const REFUSED: readonly (readonly [RegExp, string, string])[] = [
  [
    /^[|<>=]?O/,
    'Python objects (dtype object), which are a pickle that runs code when it is read',
    "Convert with array.astype('float32'), or 'U' for text, and save with allow_pickle=False.",
  ],
  [/^[|<>=]?c\d/, 'complex numbers', 'Save array.real and array.imag as two files.'],
  [/^[|<>=]?M8/, 'datetime64', "Save array.astype('int64') and agree on the unit."],
  [/^[|<>=]?m8/, 'timedelta64', "Save array.astype('int64') and agree on the unit."],
  [/^[|<>=]?[Sa]\d/, 'byte strings (dtype S)', "Save array.astype('U')."],
  [
    /^[|<>=]?V/,
    'raw records (dtype void, also what bfloat16 is saved as)',
    "Save array.astype('float32'), or one file per field.",
  ],
  [/^[|<>=]?f(?:12|16)$/, 'extended-precision floats', "Save array.astype('float64')."],
];

/** The layout that a header's `descr` names; refuses what an NdArray cannot hold, by name. */
export function parseDescr(descr: string): ElementLayout {
  const [, order, code] = /^([<>|])([biuf]\d|U\d{1,9})$/.exec(descr) ?? [];
  const littleEndian = order !== '>';
  if (code?.startsWith('U')) return stringLayout(descr, Number(code.slice(1)), littleEndian);
  const dtype = DTYPE_OF_CODE.get(code ?? '');
  if (dtype === undefined) return refuse(descr);
  const elementBytes = bytesPerElement(dtype);
  if (order === '|' && elementBytes > 1) return refuse(descr);
  return { dtype, elementBytes, wordBytes: elementBytes, littleEndian };
}

/** The `descr` numpy writes for a dtype; `characters` is the width of a string element. */
export function descrOf(dtype: DType, characters: number): string {
  if (dtype === 'string') return `<U${characters}`;
  return `${bytesPerElement(dtype) === 1 ? '|' : '<'}${CODE_OF_DTYPE.get(dtype)}`;
}

function stringLayout(descr: string, characters: number, littleEndian: boolean): ElementLayout {
  if (descr.startsWith('|') || /^.U0\d/.test(descr)) return refuse(descr);
  // A U0 element takes no bytes, so the file's length would not bound the number of elements.
  if (characters < 1 || characters > MAX_CHARACTERS) {
    throw new NpyFormatError(
      `Expected .npy strings of 1 to ${MAX_CHARACTERS} characters, got dtype ${quote(descr)}. ` +
        "Save array.astype('U1') for empty strings, or shorter strings.",
    );
  }
  const elementBytes = characters * CHARACTER_BYTES;
  return { dtype: 'string', elementBytes, wordBytes: CHARACTER_BYTES, littleEndian };
}

function refuse(descr: string): never {
  const [, what, cure] = REFUSED.find(([pattern]) => pattern.test(descr)) ?? [];
  throw new NpyFormatError(
    `Expected a .npy file of booleans, integers, floats or U strings, got ` +
      (what === undefined
        ? `dtype ${quote(descr)}. Convert it with array.astype() before saving.`
        : `${what}, dtype ${quote(descr)}. ${cure}`),
  );
}
