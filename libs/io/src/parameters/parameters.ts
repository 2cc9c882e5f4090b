import { ServiceConfigurationError } from 'bentonest/errors';
import { InvalidBodyError, UnencodableResultError } from '../io.errors.js';
import type {
  BodySchemas,
  BufferedDescriptor,
  IncomingBody,
  IoDescriptor,
  JsonSchema,
} from '../io-descriptor.js';
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
 * Several parameters in one body: a JSON object with a value per name, each read by its own
 * descriptor. Names that are none of the parameters' are dropped.
 *
 * @returns a descriptor whose values are in the order of the fields.
 * @throws ServiceConfigurationError for a field that JSON cannot hold.
 */
export function parameters(fields: readonly BodyField[]): BufferedDescriptor<unknown[]> {
  for (const { name, input } of fields) {
    if (input.reads === 'buffer' && input.contentTypes.includes(JSON_TYPE)) continue;
    throw new ServiceConfigurationError(
      `The parameter ${name} is read by ${input.kind}(), which JSON cannot hold beside other parameters. Send them as a form: multipart({ ${name}: ${input.kind}(), … }).`,
    );
  }
  return {
    kind: 'parameters',
    contentTypes: [JSON_TYPE],
    reads: 'buffer',
    decode: (input) => decode(input, fields),
    encode: () => {
      throw new UnencodableResultError('parameters', 'one value', 'several');
    },
    schema: () => describe(fields),
    components: () => Object.assign({}, ...fields.map(({ input }) => input.components?.() ?? {})),
  };
}

function decode(
  { headers, body }: IncomingBody<Buffer>,
  fields: readonly BodyField[],
): unknown[] | Promise<unknown[]> {
  const given = splitObject(body);
  const values = fields.map((field) => decodeField(field, headers, given.get(field.name)));
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : values;
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
  const properties = Object.fromEntries(
    fields.map(({ name, input }): [string, JsonSchema] => [name, input.schema()[JSON_TYPE] ?? {}]),
  );
  const required = fields.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
  return { [JSON_TYPE]: { type: 'object', properties, required } };
}
