import type { NestedType, ScalarType } from './plan-type.js';

/** Gives the value that a field gets, or undefined where class-validator has to decide. */
export type Convert = (value: unknown) => unknown;

/** Where the compiled form of a nested DTO will be. */
export interface Holder {
  build?: (value: object) => object | undefined;
}

/** @Type with a DTO: instances, in lists of any depth too. */
export function nestedReader(holder: Holder, { takesLists }: NestedType): Convert {
  const read: Convert = (value) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Array.isArray(value) ? convertList(value, read) : holder.build?.(value);
  };
  return takesLists ? read : (value) => (Array.isArray(value) ? undefined : read(value));
}

/** @Type with String, Number, Boolean or Date. */
export function scalarReader(convert: ScalarType['convert']): Convert {
  const read: Convert = (value) => {
    if (value === null) return null;
    if (Array.isArray(value)) return convertList(value, read);
    return isScalar(value) ? convert(value) : undefined;
  };
  return read;
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function convertList(values: readonly unknown[], convert: Convert): unknown[] | undefined {
  const converted: unknown[] = [];
  for (const value of values) {
    const made = convert(value);
    if (made === undefined) return undefined;
    converted.push(made);
  }
  return converted;
}

/**
 * Whether class-transformer's copy of a value would equal it, so that none need be made: JSON without
 * keys that every object has, which it leaves out.
 */
export function isPlainJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isPlainJson);
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) {
    if (key in Object.prototype || !isPlainJson((value as Record<string, unknown>)[key])) {
      return false;
    }
  }
  return true;
}
