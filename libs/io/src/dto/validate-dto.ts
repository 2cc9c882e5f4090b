import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import type { ValidationError as ClassValidatorError } from 'class-validator';
import { describeValue } from '../describe-value.js';
import { InvalidBodyError } from '../io.errors.js';
import { findBuild } from './compile-dto.js';
import type { Build } from './compile-dto.js';
import type { DtoClass } from './dto-class.js';
import { joinPath, toValidationError } from './field-error.js';
import type { FieldError } from './field-error.js';

const MAX_KEYS = 2000;

/**
 * Makes an instance of the DTO from a parsed body, which it takes over, and checks class-validator's
 * rules. Unknown fields are dropped, as pydantic does, or refused.
 *
 * What passes is made by compiled code, at once; class-validator itself decides on all else, so that
 * errors are its own, and on DTOs with rules that are not compiled.
 *
 * @throws InvalidBodyError when the body is no object, ValidationError naming each broken field.
 */
export function validateDto<T extends object>(
  dto: DtoClass<T>,
  value: unknown,
  forbidUnknown: boolean,
): T | Promise<T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidBodyError(`Expected a JSON object, got ${describeValue(value)}.`);
  }
  const build = findBuild(dto, forbidUnknown);
  const instance = build === undefined ? undefined : tryBuild(build, value);
  return instance ?? validateByClassValidator(dto, value, forbidUnknown);
}

function tryBuild<T extends object>(build: Build<T>, value: object): T | undefined {
  try {
    return build(value);
  } catch {
    // A constructor or a check: it throws the same where class-validator decides.
    return undefined;
  }
}

/** The same without compiled code. */
export async function validateByClassValidator<T extends object>(
  dto: DtoClass<T>,
  value: object,
  forbidUnknown: boolean,
): Promise<T> {
  makeHarmless(value);
  const instance = plainToInstance(dto as new () => T, value);
  const errors = await validate(instance, {
    whitelist: true,
    forbidNonWhitelisted: forbidUnknown,
    validationError: { target: false },
  });
  if (errors.length === 0) return instance;
  throw toValidationError(errors.flatMap((error) => fieldErrors(error, '')));
}

/**
 * Keeps from class-transformer what a client could harm it with. It takes time with the square of an
 * object's keys: six seconds for those of one megabyte. And of an object that no @Type names, it calls
 * what is under `constructor`, a key that it leaves out itself.
 */
function makeHarmless(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Object.prototype) return;
    const { length } = Object.keys(value);
    if (length > MAX_KEYS) {
      throw new InvalidBodyError(
        `Expected objects of at most ${MAX_KEYS} fields, got one of ${length}. Send long data as lists.`,
      );
    }
    if (Object.hasOwn(value, 'constructor')) Reflect.deleteProperty(value, 'constructor');
  }
  for (const nested of Object.values(value)) makeHarmless(nested);
}

function fieldErrors(error: ClassValidatorError, parent: string): FieldError[] {
  const field = joinPath(parent, error.property);
  const got = describeValue(error.value);
  const own = Object.values(error.constraints ?? {}).map((rule) => ({
    field,
    message: withPath(rule, error.property, field),
    got,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, field))];
}

/** class-validator's messages begin with the property's own name, wherever it stands. */
function withPath(rule: string, property: string, field: string): string {
  return rule.startsWith(`${property} `)
    ? field + rule.slice(property.length)
    : `${field}: ${rule}`;
}
