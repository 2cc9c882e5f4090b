import type { ValidationError as ClassValidatorError } from 'class-validator';
import { describeValue } from '../describe-value.js';
import { InvalidBodyError } from '../io.errors.js';
import { findBuild } from './compile-dto.js';
import type { Build } from './compile-dto.js';
import type { DtoClass } from './dto-class.js';
import { joinPath, shortenName, toValidationError } from './field-error.js';
import type { FieldError } from './field-error.js';
import {
  isLibraryFault,
  locateFault,
  transformInDtoLibrary,
  validateInDtoLibrary,
} from './library-fault.js';
import { MAX_COST, headOf, longestList, makeHarmless } from './harmless-body.js';

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

/**
 * The same without compiled code. Of a body that would hold up the process for longer than a moment,
 * the first items are decided on, and it is refused with what is wrong with them.
 */
export async function validateByClassValidator<T extends object>(
  dto: DtoClass<T>,
  value: object,
  forbidUnknown: boolean,
): Promise<T> {
  if (makeHarmless(value) <= MAX_COST) return decide(dto, value, forbidUnknown);
  await decide(dto, headOf(value), forbidUnknown);
  throw new InvalidBodyError(
    `Expected a body that keeps every rule, or one short enough to say which it breaks: the first items of its lists keep them, the longest has ${longestList(value)}. Send it in parts of at most ${MAX_COST / 20} objects.`,
  );
}

async function decide<T extends object>(
  dto: DtoClass<T>,
  value: object,
  forbidUnknown: boolean,
): Promise<T> {
  const options = {
    whitelist: true,
    forbidNonWhitelisted: forbidUnknown,
    validationError: { target: false },
  };
  let instance: T;
  let errors: readonly ClassValidatorError[];
  try {
    instance = transformInDtoLibrary(dto, value);
    errors = await validateInDtoLibrary(instance, options);
  } catch (error) {
    if (!isLibraryFault(error)) throw error;
    throw toValidationError([locateFault(dto, value)]);
  }
  if (errors.length === 0) return instance;
  throw toValidationError(errors.flatMap((error) => fieldErrors(error, '')));
}

function fieldErrors(error: ClassValidatorError, parent: string): FieldError[] {
  // Of an object whose class has no rules it is the whole object that is wrong.
  const { property } = error as { property?: string };
  const field = property === undefined ? parent : joinPath(parent, property);
  const got = property === undefined ? 'an object' : describeValue(error.value);
  const own = Object.values(error.constraints ?? {}).map((rule) => ({
    field,
    message: withPath(rule, property, field),
    got,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, field))];
}

/** class-validator's messages begin with the property's own name, wherever it stands. */
function withPath(rule: string, property: string | undefined, field: string): string {
  if (property === undefined) return field === '' ? rule : `${field}: ${rule}`;
  if (rule.startsWith(`${property} `)) return field + rule.slice(property.length);
  return `${field}: ${rule.replaceAll(property, () => shortenName(property))}`;
}
