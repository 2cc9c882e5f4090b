import { createHash } from 'node:crypto';
import { COMPONENTS } from '../dto/component-name.js';
import type { JsonSchema } from '../io-descriptor.js';

/** A schema inside an API document, and what it refers to there. */
export interface EmbeddedSchema {
  readonly schema: JsonSchema;
  readonly components: Readonly<Record<string, JsonSchema>>;
}

const COMPONENT_NAME = /^[\w.-]+$/;

/**
 * A JSON Schema of its own has its references from its own root; in an API document they are from the
 * document's. So `$defs` become components, and the schema itself where it refers to itself.
 */
export function embedSchema(root: JsonSchema): EmbeddedSchema {
  const { $defs = {}, ...schema } = root as { $defs?: Record<string, JsonSchema> };
  const text = JSON.stringify(root);
  if (!text.includes('"$ref":"#')) return { schema, components: {} };
  const own = nameOf(schema, text);
  const rename = (definition: string): string => {
    // zod numbers those that have no id: such a name is nobody else's only with the root's.
    const isOwn = !definition.startsWith('__') && COMPONENT_NAME.test(definition);
    return isOwn ? definition : `${own}_${definition.replaceAll(/[^\w.-]|^_+/g, '')}`;
  };
  const move = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(move);
    if (typeof part !== 'object' || part === null) return part;
    const members = Object.entries(part).map(([key, value]) =>
      key === '$ref' && typeof value === 'string' ? [key, target(value)] : [key, move(value)],
    );
    return Object.fromEntries(members) as unknown;
  };
  const target = (ref: string): string => {
    if (ref === '#') return COMPONENTS + own;
    const definition = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(ref)?.[1];
    return definition === undefined ? ref : COMPONENTS + rename(unescapePointer(definition));
  };
  const definitions = Object.entries($defs).map(([name, part]) => [rename(name), move(part)]);
  const components = Object.fromEntries(definitions) as Record<string, JsonSchema>;
  const moved = move(schema) as JsonSchema;
  if (!text.includes('"$ref":"#"')) return { schema: moved, components };
  return { schema: { $ref: COMPONENTS + own }, components: { ...components, [own]: moved } };
}

function nameOf({ id, title }: JsonSchema, text: string): string {
  const named = [id, title].find((name) => typeof name === 'string' && COMPONENT_NAME.test(name));
  return typeof named === 'string' ? named : `Schema_${shortHash(text)}`;
}

/** The same schema has the same name in every process. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function unescapePointer(token: string): string {
  return decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
}
