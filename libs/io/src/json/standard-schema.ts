import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { describeValue } from '../describe-value.js';
import { joinPath, toValidationError } from '../dto/field-error.js';
import type { FieldError } from '../dto/field-error.js';
import type { JsonSchema } from '../io-descriptor.js';

type Output<Schema extends StandardSchemaV1> = StandardSchemaV1.InferOutput<Schema>;

/** Schemas of zod, valibot, arktype and others have this property; some of them are functions. */
export function isStandardSchema(value: object): value is StandardSchemaV1 {
  return '~standard' in value;
}

/**
 * What the schema makes of a parsed body, with its transforms and defaults.
 *
 * @throws ValidationError naming each field with an issue.
 */
export function readBySchema<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
): Output<Schema> | Promise<Output<Schema>> {
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
  throw toValidationError(result.issues.map((issue) => toFieldError(issue, value)));
}

function toFieldError({ path = [], message }: StandardSchemaV1.Issue, body: unknown): FieldError {
  let field = '';
  let value = body;
  for (const segment of path) {
    const key = typeof segment === 'object' ? segment.key : segment;
    field = joinPath(field, String(key));
    value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  }
  const text = message.replace(/\.$/, '');
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
