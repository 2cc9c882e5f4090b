import { MAX_RANK } from '../shape.js';
import { NpyFormatError } from '../tensor.errors.js';
import { quote } from './npy-format.js';

/** The dict of a .npy header. */
export interface NpyHeader {
  /** Element type in numpy's notation, such as `<f4`. */
  descr: string;
  fortranOrder: boolean;
  shape: number[];
}

const CURE = 'Write the file with numpy.save.';

/**
 * Reads the Python dict literal of a .npy header, and nothing more of Python than numpy writes
 * there: three known keys, strings without escapes, True and False, a tuple of integers.
 */
export function parseNpyHeader(text: string): NpyHeader {
  const cursor = new Cursor(text);
  const header: Partial<NpyHeader> = {};
  cursor.expect('{');
  while (!cursor.accept('}')) {
    readEntry(cursor, header);
    if (!cursor.accept(',')) {
      cursor.expect('}');
      break;
    }
  }
  cursor.expectEnd();
  const { descr, fortranOrder, shape } = header;
  if (descr === undefined || fortranOrder === undefined || shape === undefined) {
    throw new NpyFormatError(
      `Expected a .npy header with descr, fortran_order and shape, got ${quote(text)}. ${CURE}`,
    );
  }
  return { descr, fortranOrder, shape };
}

function readEntry(cursor: Cursor, header: Partial<NpyHeader>): void {
  const key = cursor.string();
  cursor.expect(':');
  if (key === 'descr' && header.descr === undefined) header.descr = readDescr(cursor);
  else if (key === 'fortran_order' && header.fortranOrder === undefined) {
    header.fortranOrder = cursor.boolean();
  } else if (key === 'shape' && header.shape === undefined) header.shape = readShape(cursor);
  else {
    throw new NpyFormatError(
      `Expected a .npy header with descr, fortran_order and shape, once each, got the key ` +
        `${quote(key)}. ${CURE}`,
    );
  }
}

function readDescr(cursor: Cursor): string {
  if (cursor.accept('[') || cursor.accept('(') || cursor.accept('{')) {
    throw new NpyFormatError(
      'Expected a .npy file of one plain dtype, got a structured dtype. Save one file per field, ' +
        'as in numpy.save(file, array["field"]).',
    );
  }
  return cursor.string();
}

function readShape(cursor: Cursor): number[] {
  const shape: number[] = [];
  cursor.expect('(');
  while (!cursor.accept(')')) {
    if (shape.length === MAX_RANK) {
      throw new NpyFormatError(
        `Expected a .npy array of at most ${MAX_RANK} axes, got more. Reshape it before saving.`,
      );
    }
    shape.push(cursor.dimension());
    if (cursor.accept(',')) continue;
    // In Python `(3)` is a number, only `(3,)` is a tuple.
    cursor.expect(shape.length === 1 ? ',' : ')');
    break;
  }
  return shape;
}

class Cursor {
  private at = 0;

  constructor(private readonly text: string) {}

  accept(character: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  expect(character: string): void {
    if (!this.accept(character)) this.fail(`'${character}'`);
  }

  expectEnd(): void {
    this.skipSpace();
    if (this.at < this.text.length) this.fail('nothing after the dict');
  }

  string(): string {
    const [, single, double] = this.match(/'([^'\\\n]*)'|"([^"\\\n]*)"/y) ?? this.fail('a string');
    return single ?? double;
  }

  boolean(): boolean {
    const [word] = this.match(/(?:True|False)(?!\w)/y) ?? this.fail('True or False');
    return word === 'True';
  }

  dimension(): number {
    // Python 2 wrote long integers with an L.
    const [, sign, digits] = this.match(/(-?)(0|[1-9]\d*)L?(?!\w)/y) ?? this.fail('a dimension');
    const dimension = digits.length > 16 ? Infinity : Number(digits);
    if (sign === '' && Number.isSafeInteger(dimension)) return dimension;
    throw new NpyFormatError(
      `Expected .npy dimensions from 0 to ${Number.MAX_SAFE_INTEGER}, got ` +
        `${sign}${digits.slice(0, 24)}${digits.length > 24 ? '…' : ''}. ${CURE}`,
    );
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    this.skipSpace();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  private skipSpace(): void {
    while (' \t\r\n'.includes(this.text[this.at] ?? 'end')) this.at++;
  }

  private fail(expected: string): never {
    const got = this.at < this.text.length ? quote(this.text.slice(this.at)) : 'its end';
    throw new NpyFormatError(
      `Expected ${expected} in the .npy header at character ${this.at}, got ${got}. ${CURE}`,
    );
  }
}
