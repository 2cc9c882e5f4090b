import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { describeValue } from '../describe-value.js';
import { MAX_ERRORS, joinPath, shortenMessage, toValidationError } from '../dto/field-error.js';
import type { FieldError } from '../dto/field-error.js';
import { BodyTooLargeError } from '../io.errors.js';
import type { JsonSchema } from '../io-descriptor.js';

type Output<Schema extends StandardSchemaV1> = StandardSchemaV1.InferOutput<Schema>;

/** Schemas of zod, valibot, arktype and others have this property; some of them are functions. */
export function isStandardSchema(value: object): value is StandardSchemaV1 {
  return '~standard' in value;
}

/**
 * Values of a body that a schema is given, unless json() says otherwise. Wrong ones take zod and
 * valibot 5 µs each, during which nothing else runs: half a second for so many.
 */
export const DEFAULT_MAX_VALUES = 100_000;

/**
 * What the schema makes of a parsed body, with its transforms and defaults.
 *
 * @throws ValidationError naming each field with an issue, BodyTooLargeError for more than `maxValues`
 * values, which the schema does not see.
 */
export function readBySchema<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
  maxValues: number = DEFAULT_MAX_VALUES,
): Output<Schema> | Promise<Output<Schema>> {
  if (countValues(value, maxValues) > maxValues) {
    throw new BodyTooLargeError(
      `Expected a body of at most ${maxValues} values, got more. Send it in parts, or raise maxValues of json(); long lists of numbers are best read by ndarray().`,
      { details: { maxValues } },
    );
  }
  const result = schema['~standard'].validate(value);
  return result instanceof Promise
    ? result.then((settled) => toOutput<Schema>(settled, value))
    : toOutput<Schema>(result, value);
}

function toOutput<Schema extends StandardSchemaV1>(
  result: StandardSchemaV1.Result<unknown>,
  value: unknown,
): Output<Schema> {
  if (result.issues === undefined) return result.value;
  const { issues } = result;
  const told = issues.slice(0, MAX_ERRORS).map((issue) => toFieldError(issue, value));
  throw toValidationError(told, issues.length);
}

/** Objects, lists and what is in them; not much further than `limit`. */
function countValues(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 1;
  const nested: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let count = 1;
  for (const each of nested) {
    count += countValues(each, limit - count);
    if (count > limit) break;
  }
  return count;
}

function toFieldError({ path = [], message }: StandardSchemaV1.Issue, body: unknown): FieldError {
  let field = '';
  let value = body;
  for (const segment of path) {
    const key = typeof segment === 'object' ? segment.key : segment;
    field = joinPath(field, String(key));
    value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  }
  const text = shortenMessage(message.replace(/\.$/, ''));
  return { field, message: field === '' ? text : `${field}: ${text}`, got: describeValue(value) };
}

/** The schema's JSON Schema of what it reads; `{}` from a library that has none, or for what JSON has not. */
export function toJsonSchema(schema: StandardSchemaV1): JsonSchema {
  const { jsonSchema } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  if (jsonSchema === undefined) return {};
  try {
    const { $schema: _, ...rest } = jsonSchema.input({ target: 'draft-2020-12' });
    return rest;
  } catch {
    // By the specification: where a part of the schema cannot be written so.
    return {};
  }
}
