import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ServiceConfigurationError } from 'bentonest/errors';
import { getMetadataStorage } from 'class-validator';
import type { DtoClass } from '../dto/dto-class.js';
import { dtoComponents, dtoReference } from '../dto/dto-schema.js';
import { validateDto } from '../dto/validate-dto.js';
import type { BufferedDescriptor, JsonSchema } from '../io-descriptor.js';
import { embedSchema } from './embed-schema.js';
import { parseJsonBody } from './parse-json.js';
import { isStandardSchema, readBySchema, toJsonSchema } from './standard-schema.js';
import { stringifyJson } from './stringify-json.js';
import { JSON_TYPE } from '../media-type.js';

/** Options of {@link json}. */
export interface JsonOptions {
  /**
   * Refuses a body with fields that the DTO does not have, instead of dropping them.
   *
   * @default false
   */
  forbidUnknown?: boolean;
}

/** Options of {@link json} with a Standard Schema. */
export interface SchemaOptions {
  /**
   * Most values of a body: objects, lists and what is in them. A schema is the only judge of a body, and
   * holds up the process while it looks for what is wrong; more are answered 413 unseen.
   *
   * @default 100_000
   */
  maxValues?: number;
}

/**
 * A JSON body. With a DTO class, it is checked by class-validator's decorators and given as an
 * instance; with a Standard Schema (zod, valibot, arktype), it is what the schema makes of it.
 *
 * A result may hold NdArrays, DataFrames, typed arrays and bigints: they are written as lists, records
 * and numbers. NaN and infinities, which JSON does not have, are null.
 *
 * @throws ServiceConfigurationError for a class without rules, and options that a schema does not take.
 * @example
 * @Api({ input: json(IrisFeatures, { forbidUnknown: true }) })
 * @example
 * @Api({ input: json(z.object({ prompt: z.string() })) })
 */
export function json(): BufferedDescriptor;
export function json<Schema extends StandardSchemaV1>(
  schema: Schema,
  options?: SchemaOptions,
): BufferedDescriptor<StandardSchemaV1.InferOutput<Schema>>;
export function json<T extends object>(
  dto: DtoClass<T>,
  options?: JsonOptions,
): BufferedDescriptor<T>;
export function json(
  shape?: DtoClass | StandardSchemaV1,
  options: JsonOptions & SchemaOptions = {},
): BufferedDescriptor {
  return {
    kind: 'json',
    contentTypes: [JSON_TYPE],
    reads: 'buffer',
    encode: (value) => ({ contentType: JSON_TYPE, body: stringifyJson(value) }),
    ...readerOf(shape, options),
  };
}

type Reader = Pick<BufferedDescriptor, 'decode' | 'schema' | 'components'>;

function readerOf(
  shape: DtoClass | StandardSchemaV1 | undefined,
  { forbidUnknown, maxValues }: JsonOptions & SchemaOptions,
): Reader {
  if (shape === undefined) {
    return { decode: ({ body }) => parseJsonBody(body), schema: () => ({ [JSON_TYPE]: {} }) };
  }
  if (!isStandardSchema(shape)) {
    checkHasRules(shape);
    if (maxValues !== undefined) {
      throw new ServiceConfigurationError(
        `json(${shape.name}) takes maxValues with a Standard Schema only. Bound the lists of a DTO with @ArrayMaxSize().`,
      );
    }
    return {
      decode: ({ body }) => validateDto(shape, parseJsonBody(body), forbidUnknown === true),
      schema: () => ({ [JSON_TYPE]: dtoReference(shape) }),
      components: () => dtoComponents(shape),
    };
  }
  if (forbidUnknown !== undefined) {
    throw new ServiceConfigurationError(
      'json() takes forbidUnknown with a DTO class only. Make the schema itself strict, as with z.strictObject().',
    );
  }
  checkMaxValues(maxValues);
  const embedded = (): ReturnType<typeof embedSchema> => embedSchema(toJsonSchema(shape));
  return {
    decode: ({ body }) => readBySchema(shape, parseJsonBody(body), maxValues),
    schema: () => ({ [JSON_TYPE]: embedded().schema satisfies JsonSchema }),
    components: () => embedded().components,
  };
}

function checkMaxValues(maxValues: number | undefined): void {
  if (maxValues === undefined || (Number.isInteger(maxValues) && maxValues > 0)) return;
  throw new ServiceConfigurationError(
    `json() has as maxValues ${String(maxValues)}; expected a whole number from 1.`,
  );
}

function checkHasRules(dto: DtoClass): void {
  if (getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false).length > 0) return;
  throw new ServiceConfigurationError(
    `json(${dto.name}) would refuse every body: no field of the class has a rule. Decorate its fields with class-validator, or write json() for any JSON.`,
  );
}
