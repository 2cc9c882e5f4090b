import { InvalidBodyError } from '../io.errors.js';

const MAX_KEYS = 2000;
/** An object or list takes class-validator some 10 µs, a value some 0.3 µs. */
const OBJECT_COST = 10;
const HEAD_LENGTH = 500;
const HEAD_COST = 20_000;

/** What class-validator may be given whole: it takes some 200 ms for it, and no request meanwhile. */
export const MAX_COST = 200_000;

/**
 * Keeps from class-transformer what a client could harm it with, and tells how long both would take.
 * It takes time with the square of an object's keys: six seconds for those of one megabyte. And of an
 * object that no @Type names, it calls what is under `constructor`, a key that it leaves out itself.
 */
export function makeHarmless(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  if (Array.isArray(value)) return value.reduce(addCost, OBJECT_COST);
  if (Object.getPrototypeOf(value) !== Object.prototype) return OBJECT_COST;
  const { length } = Object.keys(value);
  if (length > MAX_KEYS) {
    throw new InvalidBodyError(
      `Expected objects of at most ${MAX_KEYS} fields, got one of ${length}. Send long data as lists.`,
    );
  }
  if (Object.hasOwn(value, 'constructor')) Reflect.deleteProperty(value, 'constructor');
  return Object.values(value).reduce(addCost, OBJECT_COST);
}

function addCost(cost: number, nested: unknown): number {
  return cost + makeHarmless(nested);
}

/** The body with the first items of its lists, for what is wrong with the first is with most. */
export function headOf(body: object): object {
  let cost = 0;
  const copy = (value: unknown): unknown => {
    cost += typeof value === 'object' ? OBJECT_COST : 1;
    if (typeof value !== 'object' || value === null) return value;
    if (!Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, nested]) => [key, copy(nested)]));
    }
    const items: unknown[] = [];
    for (const item of value.slice(0, HEAD_LENGTH)) {
      // The first stands for the rest in any case: an empty list is another value.
      if (cost > HEAD_COST && items.length > 0) break;
      items.push(copy(item));
    }
    return items;
  };
  return copy(body) as object;
}

/** The longest list of a body, which is likely to be what makes it long. */
export function longestList(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? value.length : 0;
  const nested: readonly unknown[] = Object.values(value);
  return nested.reduce<number>((longest, each) => Math.max(longest, longestList(each)), own);
}
