import type { GenericSchema } from 'valibot';
import type { KeyInfo } from './key.js';

/** What the walk reads of valibot's schemas; one of them has only some of these. */
interface SchemaParts {
  readonly wrapped?: GenericSchema;
  readonly entries?: Readonly<Record<string, GenericSchema>>;
  readonly value?: GenericSchema;
  readonly pipe?: readonly {
    readonly kind: string;
    readonly type: string;
    readonly metadata?: KeyInfo;
  }[];
  readonly type: string;
}

/** A name in a path of which any will do: a service's, an api's or a runner's. */
export const ANY_NAME = '<name>';

/** The schema of a key, whether or not it may be left out. */
export function unwrap(schema: GenericSchema): GenericSchema {
  const { wrapped } = schema as unknown as SchemaParts;
  return wrapped === undefined ? schema : unwrap(wrapped);
}

/** The keys of a section; undefined where it is a value. */
export function keysOf(schema: GenericSchema): readonly string[] | undefined {
  const { entries, type } = parts(schema);
  if (entries !== undefined) return Object.keys(entries);
  return type === 'record' ? [ANY_NAME] : undefined;
}

/** The schema of a key in a section; of sections by name, of any key. */
export function childOf(schema: GenericSchema, name: string): GenericSchema | undefined {
  const { entries, type, value } = parts(schema);
  if (entries !== undefined) return Object.hasOwn(entries, name) ? entries[name] : undefined;
  return type === 'record' ? value : undefined;
}

/** The schema at a path; undefined where there is none. */
export function schemaAt(
  schema: GenericSchema,
  path: readonly string[],
): GenericSchema | undefined {
  return path.reduce<GenericSchema | undefined>(
    (section, name) => section && childOf(section, name),
    schema,
  );
}

/** What is said of a key; undefined of a section. */
export function infoOf(schema: GenericSchema): KeyInfo | undefined {
  return parts(schema).pipe?.find(({ type }) => type === 'metadata')?.metadata;
}

export interface DocumentedKey extends KeyInfo {
  readonly path: readonly string[];
  readonly schema: GenericSchema;
}

/** Every key that has a value, in the schema's order. */
export function* documentedKeys(
  schema: GenericSchema,
  path: readonly string[] = [],
): Generator<DocumentedKey> {
  const info = infoOf(schema);
  if (info !== undefined) yield { ...info, path, schema: unwrap(schema) };
  for (const name of keysOf(schema) ?? []) {
    const child = childOf(schema, name);
    if (child !== undefined) yield* documentedKeys(child, [...path, name]);
  }
}

function parts(schema: GenericSchema): SchemaParts {
  return unwrap(schema);
}
