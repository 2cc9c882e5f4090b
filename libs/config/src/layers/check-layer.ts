import { getDotPath, safeParse } from 'valibot';
import { CONFIG_SCHEMA } from '../schema/schema.js';
import type { ConfigValues } from '../schema/schema.js';
import { childOf, infoOf, keysOf } from '../schema/walk.js';
import { ConfigError } from '../config.errors.js';
import type { Layer } from './layer.js';
import type { GenericIssue, GenericSchema } from 'valibot';

/**
 * What a source has set, checked.
 *
 * @throws ConfigError with a line for each fault: its place, the key, what was expected and what came.
 */
export function checkLayer({ values, placeOf }: Layer): ConfigValues {
  const result = safeParse(CONFIG_SCHEMA, values);
  if (result.success) return result.output;
  throw new ConfigError(
    result.issues.map((issue) => {
      const path = pathOf(issue);
      return `${placeOf(path)}: ${describe(issue, path)}`;
    }),
  );
}

function pathOf(issue: GenericIssue): string[] {
  return getDotPath(issue)?.split('.') ?? [];
}

function describe(issue: GenericIssue, path: readonly string[]): string {
  const key = path.join('.') || 'the file';
  const { expected, input, message } = issue;
  // Of a key that a section does not have.
  if (expected === 'never') {
    const [section, where] = sectionOf(path);
    return `there is no key ${JSON.stringify(path.at(-1))}${where}; there are ${section.join(', ')}.`;
  }
  return `${key} must be ${message}, got ${show(input, path)}.`;
}

function sectionOf(path: readonly string[]): [keys: readonly string[], where: string] {
  const parents = path.slice(0, -1);
  const schema = schemaOf(parents);
  return [
    keysOf(schema ?? CONFIG_SCHEMA) ?? [],
    parents.length === 0 ? '' : ` in ${parents.join('.')}`,
  ];
}

function schemaOf(path: readonly string[]): GenericSchema | undefined {
  return path.reduce<GenericSchema | undefined>(
    (schema, name) => schema && childOf(schema, name),
    CONFIG_SCHEMA,
  );
}

function show(value: unknown, path: readonly string[]): string {
  const schema = schemaOf(path);
  if (schema !== undefined && infoOf(schema)?.isSecret) return 'something else';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
