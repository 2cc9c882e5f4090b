import { ServiceConfigurationError } from 'bentonest/errors';
import type {
  BodySchemas,
  IoDescriptor,
  JsonSchema,
  PartEncoding,
  StreamedDescriptor,
} from '../io-descriptor.js';
import type { FormFields, FormLimits } from './form-limits.js';
import { FormReader } from './read-form.js';
import { writeForm } from './write-form.js';

/** Options of {@link multipart}. The whole form is limited by the route's body limit. */
export interface MultipartOptions {
  /**
   * Refuses a form with parts that are not declared, instead of dropping them.
   *
   * @default false
   */
  forbidUnknown?: boolean;
  /** Most parts, those that are dropped among them. @default 1000 */
  maxParts?: number;
  /** Most bytes of a part that is read into memory; a file() has its own maxBytes. @default 20 MiB */
  maxPartBytes?: number;
  /** Most headers of a part. @default 50 */
  maxHeaders?: number;
  /** Most bytes of all headers of a part. @default 16 KiB */
  maxHeaderBytes?: number;
  /**
   * Bytes of all files of a form that are kept in memory until the form has come; files beyond that
   * go to temporary files, which are gone when the request is over.
   *
   * @default 1 MiB
   */
  maxMemoryBytes?: number;
}

/** What is decoded of a form: an object of what its descriptors decode. */
export type FormOf<Fields extends Readonly<Record<string, IoDescriptor>>> = {
  [Name in keyof Fields]: Fields[Name] extends IoDescriptor<infer Value> ? Value : never;
};

export const FORM = 'multipart/form-data';
const KIB = 1024;

/** What a form may have, unless its options say otherwise. */
export const FORM_DEFAULTS: FormLimits = {
  forbidUnknown: false,
  maxParts: 1000,
  maxPartBytes: 20 * KIB * KIB,
  maxHeaders: 50,
  maxHeaderBytes: 16 * KIB,
  maxMemoryBytes: KIB * KIB,
  optional: new Set(),
};

/**
 * A form (`multipart/form-data`), each part read by its own descriptor and given under its name.
 * Every part must come, once, in any order. A result is written the same way.
 *
 * @throws ServiceConfigurationError for a form without parts or within a form, or a limit that is none.
 * @example
 * @Api({ input: multipart({ image: image(), options: json(Options) }) })
 */
export function multipart<Fields extends Readonly<Record<string, IoDescriptor>>>(
  fields: Fields,
  options: MultipartOptions = {},
): StreamedDescriptor<FormOf<Fields>> {
  const declared: FormFields = new Map(Object.entries(fields));
  const limits: FormLimits = { ...FORM_DEFAULTS, ...options };
  checkFields(declared);
  checkLimits(limits);
  return {
    kind: 'multipart',
    contentTypes: [FORM],
    reads: 'stream',
    decode: async (input) => {
      const values = await new FormReader(input, declared, limits).read();
      return Object.fromEntries(
        [...declared.keys()].map((name) => [name, values.get(name)]),
      ) as FormOf<Fields>;
    },
    encode: (value) => writeForm(value, declared),
    schema: () => schema(declared, limits),
    components: () =>
      Object.assign({}, ...[...declared.values()].map((each) => each.components?.())),
    encoding: () => partEncodings(declared),
  };
}

function checkFields(fields: FormFields): void {
  if (fields.size === 0) {
    throw new ServiceConfigurationError(
      'multipart() has no parts. Give it a descriptor for each: multipart({ image: image() }).',
    );
  }
  for (const [name, { contentTypes }] of fields) {
    if (contentTypes.includes(FORM)) {
      throw new ServiceConfigurationError(
        `multipart() has a form as its part ${name}. Declare the parts of that form in the outer one.`,
      );
    }
  }
}

function checkLimits(limits: FormLimits): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (name === 'forbidUnknown' || name === 'optional') continue;
    if (Number.isInteger(limit) && limit >= 0) continue;
    throw new ServiceConfigurationError(
      `multipart() has as ${name} ${String(limit)}; expected a whole number from 0.`,
    );
  }
}

function schema(fields: FormFields, { forbidUnknown }: FormLimits): BodySchemas {
  const properties = Object.fromEntries(
    [...fields].map(([name, descriptor]) => [name, partSchema(descriptor)]),
  );
  const closed = forbidUnknown ? { additionalProperties: false } : {};
  return { [FORM]: { type: 'object', properties, required: [...fields.keys()], ...closed } };
}

/** The schema of a part in the type that stands first; `encoding` names the others. */
export function partSchema(descriptor: IoDescriptor): JsonSchema {
  const [first] = Object.values(descriptor.schema());
  return first ?? {};
}

export function partEncodings(
  fields: ReadonlyMap<string, IoDescriptor>,
): Readonly<Record<string, PartEncoding>> {
  return Object.fromEntries(
    [...fields].map(([name, { contentTypes }]) => [name, { contentType: contentTypes.join(', ') }]),
  );
}
