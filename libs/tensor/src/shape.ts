import { ShapeMismatchError } from './tensor.errors.js';

/** Rows of nothing that an array without elements may have: they cost nothing to send, but to walk. */
const MAX_EMPTY_LISTS = 2 ** 20;

/** Greatest rank, as in numpy 1. */
export const MAX_RANK = 32;

/**
 * Number of elements of a shape.
 *
 * @throws ShapeMismatchError for a dimension that is no safe, non-negative integer, or a product or
 * rank that is too large.
 */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  let lists = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    const dimension = shape[axis];
    if (!Number.isSafeInteger(dimension) || dimension < 0) {
      throw new ShapeMismatchError(
        `Expected dimensions that are whole numbers from 0, got ${dimension} in dimension ${axis}.`,
      );
    }
    size *= dimension;
    lists *= dimension === 0 ? 1 : dimension;
  }
  if (size === 0 && lists > MAX_EMPTY_LISTS) {
    throw new ShapeMismatchError(
      `Expected at most ${MAX_EMPTY_LISTS} lists in an array without elements, got ${describeShape(shape)}.`,
    );
  }
  if (Number.isSafeInteger(size) && shape.length <= MAX_RANK) return size;
  throw new ShapeMismatchError(
    `Expected at most ${MAX_RANK} dimensions and 2^53 elements, got ${describeShape(shape)}.`,
  );
}

/** `[2, 3]`, for messages. */
export function describeShape(shape: readonly number[]): string {
  return `[${shape.slice(0, MAX_RANK).join(', ')}${shape.length > MAX_RANK ? ', …' : ''}]`;
}

/** `[0][3]`, for messages. */
export function describeIndex(index: readonly number[]): string {
  return index.map((position) => `[${position}]`).join('');
}

/** Levels of an index that a message shows, where all of them would say no more. */
const MAX_SHOWN_LEVELS = 4;

/** `[0][0][0][0]…`: the beginning of an index as deep as what is too deep. */
export function describeDeepIndex(index: readonly number[]): string {
  const shown = describeIndex(index.slice(0, MAX_SHOWN_LEVELS));
  return index.length > MAX_SHOWN_LEVELS ? `${shown}…` : shown;
}
