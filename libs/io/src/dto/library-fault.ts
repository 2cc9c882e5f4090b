import { plainToInstance } from 'class-transformer';
import { validate, validateSync } from 'class-validator';
import type { ValidationError, ValidatorOptions } from 'class-validator';
import { describeValue } from '../describe-value.js';
import type { DtoClass } from './dto-class.js';
import { joinPath } from './field-error.js';
import type { FieldError } from './field-error.js';

const LIBRARIES =
  /[\\/]node_modules[\\/](?:class-transformer|class-validator|validator|libphonenumber-js)[\\/]/;
/** What the language or Node runs for whoever calls it. */
const NATIVE = /\(?(?:<anonymous>|native|node:[\w/]+)(?::\d+:\d+)?\)?$/;

/** What their callers below are called: in a stack it is where the libraries' part ends. */
const CALLER = 'InDtoLibrary';

export function transformInDtoLibrary<T extends object>(dto: DtoClass<T>, value: object): T {
  return plainToInstance(dto as new () => T, value);
}

export function validateInDtoLibrary(
  instance: object,
  options: ValidatorOptions,
): Promise<ValidationError[]> {
  return validate(instance, options);
}

/** Validators that are asynchronous, which are not the libraries' own, are not asked. */
function validateSyncInDtoLibrary(instance: object): void {
  validateSync(instance, { whitelist: true });
}

/**
 * Whether class-transformer or class-validator threw of themselves at a value, as @IsNumber with
 * maxDecimalPlaces does at 1e-7. What a validator, transformer or constructor of the application throws
 * has a place of the application in its stack, and is its own affair.
 */
export function isLibraryFault(error: unknown): boolean {
  if (!(error instanceof Error) || error.stack === undefined) return false;
  const frames = error.stack.split('\n').filter((line) => /^\s+at /.test(line));
  const end = frames.findIndex((frame) => frame.includes(CALLER));
  const above = frames
    .slice(0, end === -1 ? undefined : end)
    .filter((frame) => !NATIVE.test(frame));
  return above.length > 0 && above.every((frame) => LIBRARIES.test(frame));
}

/**
 * The field at which the libraries threw: the smallest part of the body that makes them throw alone.
 * What decides on a field by others leaves the whole of them.
 */
export function locateFault(dto: DtoClass, body: object): FieldError {
  const [field, value] = narrow((part) => throws(dto, part), body, '');
  const name = field === '' ? 'the body' : field;
  return {
    field,
    message: `${name} has a value that cannot be checked`,
    got: describeValue(value),
  };
}

/** @param isFaulty whether a value in the place of this one makes them throw. */
function narrow(
  isFaulty: (value: object) => boolean,
  value: unknown,
  path: string,
): [path: string, value: unknown] {
  if (typeof value !== 'object' || value === null) return [path, value];
  const wrap = (key: string, part: unknown): object =>
    Array.isArray(value) ? [part] : Object.defineProperty({}, key, { value: part, ...OWN });
  const found = Object.entries(value).find(([key, part]) => isFaulty(wrap(key, part)));
  if (found === undefined) return [path, value];
  const [key, part] = found;
  return narrow((inner) => isFaulty(wrap(key, inner)), part, joinPath(path, key));
}

const OWN = { enumerable: true, configurable: true, writable: true };

function throws(dto: DtoClass, body: object): boolean {
  try {
    // class-transformer takes the property away by which it tells classes apart.
    validateSyncInDtoLibrary(transformInDtoLibrary(dto, structuredClone(body)));
    return false;
  } catch (error) {
    return isLibraryFault(error);
  }
}
