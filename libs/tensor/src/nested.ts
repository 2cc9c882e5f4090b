import type { DType } from './dtype.js';
import { MAX_RANK, describeDeepIndex, describeIndex } from './shape.js';
import { InvalidNdArrayError } from './tensor.errors.js';

/** Lists within lists; a leaf is a number, bigint, boolean or string. */
export type Nested = number | bigint | boolean | string | readonly Nested[];

export type Leaf = number | bigint | boolean | string;

/** Nested lists flattened in C order, with their shape. */
export interface Flattened {
  readonly leaves: readonly Leaf[];
  readonly shape: readonly number[];
}

/**
 * Flattens nested lists.
 *
 * @throws InvalidNdArrayError that names the index, for ragged or too deep lists and other values.
 */
export function flatten(nested: Nested): Flattened {
  const shape: number[] = [];
  for (let level: unknown = nested; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > MAX_RANK) throw tooDeep();
  }
  const leaves: Leaf[] = [];
  collect(nested, { shape, leaves, index: [] });
  return { leaves, shape };
}

/** The depth is found along the first elements. */
function tooDeep(): InvalidNdArrayError {
  const index = Array.from({ length: MAX_RANK }, () => 0);
  return new InvalidNdArrayError(
    `Expected lists nested at most ${MAX_RANK} deep, got deeper at index ${describeDeepIndex(index)}.`,
    { details: { index } },
  );
}

interface Collection {
  readonly shape: readonly number[];
  readonly leaves: Leaf[];
  readonly index: number[];
}

function collect(value: unknown, into: Collection): void {
  const { shape, leaves, index } = into;
  const depth = index.length;
  if (depth === shape.length) {
    leaves.push(checkLeaf(value, index));
    return;
  }
  const expected = shape[depth];
  if (!Array.isArray(value) || value.length !== expected) {
    throw ragged(index, expected, value);
  }
  for (let i = 0; i < expected; i++) {
    index.push(i);
    collect(value[i], into);
    index.pop();
  }
}

function checkLeaf(value: unknown, index: readonly number[]): Leaf {
  switch (typeof value) {
    case 'number':
    case 'bigint':
    case 'boolean':
    case 'string':
      return value;
    default:
      break;
  }
  const got = Array.isArray(value) ? `a list of ${value.length}` : kindOf(value);
  throw new InvalidNdArrayError(`Expected a value at index ${at(index)}, got ${got}.`, {
    details: { index: [...index] },
  });
}

function ragged(index: readonly number[], expected: number, value: unknown): InvalidNdArrayError {
  const got = Array.isArray(value) ? String(value.length) : kindOf(value);
  return new InvalidNdArrayError(
    `Expected ${expected} values at index ${at(index)}, got ${got}. Lists of one level must have the same length.`,
    { details: { index: [...index] } },
  );
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : `a value of type ${typeof value}`;
}

const at = (index: readonly number[]): string => describeIndex(index) || '[]';

/**
 * The dtype that numbers, bigints, booleans or strings have of themselves. One bigint among numbers
 * makes all of them int64, for as a double it would no longer be exact.
 */
export function inferDType(leaves: readonly Leaf[]): DType {
  switch (typeof leaves[0]) {
    case 'bigint':
      return 'int64';
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    default:
      return leaves.some((leaf) => typeof leaf === 'bigint') ? 'int64' : 'float64';
  }
}

/** Index of the element at a position in C order. */
export function indexOf(position: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}
