import type { Readable } from 'node:stream';
import { InvalidBodyError, UnencodableResultError } from '../io.errors.js';
import type {
  BodySchemas,
  BufferedDescriptor,
  IncomingBody,
  IoDescriptor,
  JsonSchema,
  StreamedDescriptor,
} from '../io-descriptor.js';
import { FORM, FORM_DEFAULTS, partSchema } from '../multipart/multipart.js';
import { FormReader, collect } from '../multipart/read-form.js';
import { parseJsonBody } from '../json/parse-json.js';
import { nameError } from '../name-error.js';
import { splitObject } from './split-object.js';

/** One of several parameters that share a body. */
export interface BodyField {
  readonly name: string;
  // eslint-disable-next-line typescript/no-explicit-any -- a descriptor of any T; `unknown` would refuse them all
  readonly input: IoDescriptor<any>;
  /** A body without it is taken; the parameter is then undefined. */
  readonly isOptional: boolean;
}

const JSON_TYPE = 'application/json';

/**
 * Several parameters in one body, each read by its own descriptor: the values of a JSON object, where
 * all of them can be JSON, or the parts of a form. Names that are none of the parameters' are dropped.
 *
 * @returns a descriptor whose values are in the order of the fields.
 */
export function parameters(fields: readonly BodyField[]): StreamedDescriptor<unknown[]> {
  const optional = fields.filter(({ isOptional }) => isOptional).map(({ name }) => name);
  const limits = { ...FORM_DEFAULTS, optional: new Set(optional) };
  const byName = new Map(fields.map((field) => [field.name, field]));
  const parts = new Map(fields.map(({ name, input }) => [name, input]));
  return {
    kind: 'parameters',
    contentTypes: fields.every(({ input }) => readsJson(input)) ? [JSON_TYPE, FORM] : [FORM],
    reads: 'stream',
    decode: async (input) => {
      if (input.contentType === JSON_TYPE) return decodeJson(input, byName);
      const values = await new FormReader(input, parts, limits).read();
      return fields.map(({ name }) => values.get(name));
    },
    encode: () => {
      throw new UnencodableResultError('parameters', 'one value', 'several');
    },
    schema: () => describe(fields),
    components: () => Object.assign({}, ...fields.map(({ input }) => input.components?.())),
  };
}

function readsJson({ reads, contentTypes }: IoDescriptor): boolean {
  return reads === 'buffer' && contentTypes.includes(JSON_TYPE);
}

async function decodeJson(
  { headers, body }: IncomingBody<Readable>,
  fields: ReadonlyMap<string, BodyField>,
): Promise<unknown[]> {
  const given = splitObject(await collect(body, Infinity));
  for (const [name, value] of given) {
    if (!fields.has(name)) checkDropped(name, value);
  }
  return Promise.all(
    [...fields.values()].map((field) => decodeField(field, headers, given.get(field.name))),
  );
}

/** A body that is no JSON is refused wherever it is none. */
function checkDropped(name: string, value: Buffer): void {
  try {
    parseJsonBody(value);
  } catch (error) {
    throw nameError(name.slice(0, 60), error);
  }
}

function decodeField(
  { name, input, isOptional }: BodyField,
  headers: IncomingBody<Buffer>['headers'],
  body: Buffer | undefined,
): unknown {
  if (body === undefined) {
    if (isOptional) return undefined;
    throw new InvalidBodyError(
      `Expected the parameter ${name} in the JSON object, got nothing. Send a value for it.`,
      { details: { parameter: name } },
    );
  }
  try {
    const value = (input as BufferedDescriptor).decode({ contentType: JSON_TYPE, headers, body });
    return value instanceof Promise
      ? value.catch((error: unknown) => {
          throw nameError(name, error);
        })
      : value;
  } catch (error) {
    throw nameError(name, error);
  }
}

function describe(fields: readonly BodyField[]): BodySchemas {
  const required = fields.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
  const object = (schemaOf: (input: IoDescriptor) => JsonSchema): JsonSchema => ({
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, input }) => [name, schemaOf(input)])),
    required,
  });
  const form = { [FORM]: object(partSchema) };
  if (!fields.every(({ input }) => readsJson(input))) return form;
  return { [JSON_TYPE]: object((input) => input.schema()[JSON_TYPE] ?? {}), ...form };
}
