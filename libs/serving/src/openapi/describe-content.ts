import type { IoDescriptor, JsonSchema, PartEncoding } from 'bentonest/io';

interface Example {
  readonly value: unknown;
}

/** A media type object of OpenAPI. */
export interface MediaType {
  readonly schema: JsonSchema;
  readonly examples?: Readonly<Record<string, Example>>;
  /** Media types of a form's parts. */
  readonly encoding?: Readonly<Record<string, PartEncoding>>;
}

export type Content = Readonly<Record<string, MediaType>>;

/** The bodies that a descriptor reads. */
export function describeRequest(input: IoDescriptor): Content {
  return describeTypes(input, input.contentTypes);
}

/** The bodies that a descriptor writes, the one it prefers first. */
export function describeResult(output: IoDescriptor): Content {
  return describeTypes(output, output.writes ?? output.contentTypes);
}

function describeTypes(descriptor: IoDescriptor, types: readonly string[]): Content {
  const schemas = descriptor.schema();
  const encoding = descriptor.encoding && { encoding: descriptor.encoding() };
  return Object.fromEntries(
    types.map((type) => {
      // OpenAPI has it for forms alone; parameters() are JSON as well.
      const ofParts = type.startsWith('multipart/') ? encoding : undefined;
      return [type, { ...toMediaType(schemas[type] ?? {}), ...ofParts }];
    }),
  );
}

/** Swagger UI and most generators show the media type's examples, where JSON Schema has its own. */
function toMediaType(schema: JsonSchema): MediaType {
  const { examples } = schema;
  if (!Array.isArray(examples) || examples.length === 0) return { schema };
  const named = examples.map(
    (value: unknown, index) => [`example${index + 1}`, { value }] as const,
  );
  return { schema, examples: Object.fromEntries(named) };
}
