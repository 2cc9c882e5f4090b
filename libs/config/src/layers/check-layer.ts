import { safeParse } from 'valibot';
import type { GenericIssue } from 'valibot';
import { ConfigError } from '../config.errors.js';
import { CONFIG_SCHEMA } from '../schema/schema.js';
import type { ConfigValues } from '../schema/schema.js';
import { documentedKeys, infoOf, keysOf, schemaAt } from '../schema/walk.js';
import type { Layer } from './layer.js';

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
  // Not the dotted path: the name of a runner may have dots itself.
  return (issue.path ?? []).map(({ key }) => String(key));
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
  const schema = schemaAt(CONFIG_SCHEMA, parents);
  return [
    keysOf(schema ?? CONFIG_SCHEMA) ?? [],
    parents.length === 0 ? '' : ` in ${parents.join('.')}`,
  ];
}

function show(value: unknown, path: readonly string[]): string {
  if (mayHoldSecret(path)) return 'something else';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** It is a secret, is in one, or has one in it. */
function mayHoldSecret(path: readonly string[]): boolean {
  const isIn = path.some((_, at) => {
    const schema = schemaAt(CONFIG_SCHEMA, path.slice(0, at + 1));
    return schema !== undefined && infoOf(schema)?.isSecret === true;
  });
  const schema = path.length === 0 ? undefined : schemaAt(CONFIG_SCHEMA, path);
  return (
    isIn || (schema !== undefined && [...documentedKeys(schema)].some(({ isSecret }) => isSecret))
  );
}
