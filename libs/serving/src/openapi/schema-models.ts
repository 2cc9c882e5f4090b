import type { JsonSchema } from 'bentonest/io';
import { writeSwagger } from './swagger-keys.js';

/**
 * A model for @nestjs/swagger that brings ready JSON Schemas into the components of whatever document
 * is made of the application, ours or the user's. They are made then, not at start.
 */
export function createLazyModel(schemas: () => Readonly<Record<string, JsonSchema>>): () => object {
  // By this name @nestjs/swagger knows a function that returns the class.
  return function type() {
    const [first, ...others] = Object.entries(schemas()).map((entry) => createModel(...entry));
    writeSwagger('extraModels', others, first);
    return first;
  };
}

function createModel(name: string, schema: JsonSchema): object {
  // All that @nestjs/swagger wants of a class: a prototype, and metadata.
  const model = function (): void {};
  writeSwagger('schema', [{ name }], model);
  // Lies over the type and the properties that are found in the class, which has none.
  writeSwagger('extension', { type: undefined, properties: undefined, ...schema }, model);
  return model;
}
