import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import type { ValidationError as ClassValidatorError } from 'class-validator';
import { describeValue } from '../describe-value.js';
import { InvalidBodyError, ValidationError } from '../io.errors.js';

export type DtoClass<T extends object = object> = new (...args: never) => T;

/** One broken rule, as clients read it in `details.errors`. */
export interface FieldError {
  /** Path of the field: `items[0].price`. */
  readonly field: string;
  readonly message: string;
  readonly got: string;
}

/**
 * Makes an instance of the DTO from a parsed body and checks class-validator's rules. Unknown fields
 * are dropped, as pydantic does, or refused.
 *
 * @throws InvalidBodyError when the body is no object, ValidationError naming each broken field.
 */
export async function validateDto<T extends object>(
  dto: DtoClass<T>,
  value: unknown,
  forbidUnknown: boolean,
): Promise<T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidBodyError(`Expected a JSON object, got ${describeValue(value)}.`);
  }
  const instance = plainToInstance(dto as new () => T, value);
  const errors = await validate(instance, {
    whitelist: true,
    forbidNonWhitelisted: forbidUnknown,
    validationError: { target: false },
  });
  if (errors.length === 0) return instance;
  throw toError(errors.flatMap((error) => fieldErrors(error, '')));
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

function joinPath(parent: string, property: string): string {
  if (parent === '') return property;
  return /^\d+$/.test(property) ? `${parent}[${property}]` : `${parent}.${property}`;
}

/** class-validator's messages begin with the property's own name, wherever it stands. */
function withPath(rule: string, property: string, field: string): string {
  return rule.startsWith(`${property} `)
    ? field + rule.slice(property.length)
    : `${field}: ${rule}`;
}

function toError(errors: readonly FieldError[]): ValidationError {
  const sentences = errors.map(({ message, got }) => `${message}, got ${got}`);
  return new ValidationError(`${sentences.join('; ')}.`, { details: { errors } });
}
