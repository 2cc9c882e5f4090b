import { InvalidBodyError, UnencodableResultError } from '../io.errors.js';
import type {
  BodySchemas,
  BufferedDescriptor,
  IncomingBody,
  IoDescriptor,
  JsonSchema,
  StreamedDescriptor,
} from '../io-descriptor.js';
import { FORM, FORM_DEFAULTS, partEncodings, partSchema } from '../multipart/multipart.js';
import { FormReader } from '../multipart/read-form.js';
import { parseJsonBody } from '../json/parse-json.js';
import { nameError } from '../name-error.js';
import { splitObject } from './split-object.js';
import { JSON_TYPE } from '../media-type.js';

/** One of several parameters that share a body. */
export interface BodyField {
  readonly name: string;
  // eslint-disable-next-line typescript/no-explicit-any -- a descriptor of any T; `unknown` would refuse them all
  readonly input: IoDescriptor<any>;
  /** A body without it is taken; the parameter is then undefined. */
  readonly isOptional: boolean;
}

/**
 * Several parameters in one body, each read by its own descriptor: the values of a JSON object, where
 * all of them can be JSON, or the parts of a form. Names that are none of the parameters' are dropped.
 *
 * @returns a descriptor whose values are in the order of the fields.
 */
export function parameters(fields: readonly BodyField[]): StreamedDescriptor<unknown[]> {
  const optional = fields.filter(({ isOptional }) => isOptional).map(({ name }) => name);
  const limits = { ...FORM_DEFAULTS, optional: new Set(optional) };
  const parts = new Map(fields.map(({ name, input }) => [name, input]));
  const canBeJson = fields.every(({ input }) => readsJson(input));
  const form: StreamedDescriptor<unknown[]> = {
    kind: 'parameters',
    contentTypes: canBeJson ? [JSON_TYPE, FORM] : [FORM],
    reads: 'stream',
    decode: async (input) => {
      const values = await new FormReader(input, parts, limits).read();
      return fields.map(({ name }) => values.get(name));
    },
    encode: () => {
      throw new UnencodableResultError('parameters', 'one value', 'several');
    },
    schema: () => describe(fields),
    components: () => Object.assign({}, ...fields.map(({ input }) => input.components?.())),
    encoding: () => partEncodings(parts),
  };
  return canBeJson ? { ...form, buffered: { ...form, ...objectReader(fields) } } : form;
}

/** What reads a JSON object, of which no value can be read before all of it has come. */
function objectReader(
  fields: readonly BodyField[],
): Pick<BufferedDescriptor<unknown[]>, 'contentTypes' | 'reads' | 'decode'> {
  const names = new Set(fields.map(({ name }) => name));
  return {
    contentTypes: [JSON_TYPE],
    reads: 'buffer',
    decode: ({ headers, body }) => {
      const given = splitObject(body);
      for (const [name, value] of given) {
        if (!names.has(name)) checkDropped(name, value);
      }
      return decodeFields(fields, headers, given);
    },
  };
}

function readsJson({ reads, contentTypes }: IoDescriptor): boolean {
  return reads === 'buffer' && contentTypes.includes(JSON_TYPE);
}

/** No promise where no value is one. */
function decodeFields(
  fields: readonly BodyField[],
  headers: IncomingBody<Buffer>['headers'],
  given: ReadonlyMap<string, Buffer>,
): unknown[] | Promise<unknown[]> {
  const values: unknown[] = [];
  let isReady = true;
  try {
    for (const field of fields) {
      const value = decodeField(field, headers, given.get(field.name));
      isReady &&= !(value instanceof Promise);
      values.push(value);
    }
  } catch (error) {
    // Those before it may fail later, which would end the process if nobody listened.
    void Promise.allSettled(values);
    throw error;
  }
  return isReady ? values : Promise.all(values);
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
