import { createRequire } from 'node:module';
import { getMetadataStorage } from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import type * as ClassValidatorJsonSchema from 'class-validator-jsonschema';
import type { JsonSchema } from '../io-descriptor.js';
import { COMPONENTS, componentName } from './component-name.js';
import type { DtoClass } from './dto-class.js';
import { transformerStorage } from './transformer-storage.js';

type Schema = Record<string, unknown>;
type Converter = (rule: ValidationMetadata) => Schema | undefined;

/** A reference to the schema of a DTO. */
export function dtoReference(dto: DtoClass): JsonSchema {
  return { $ref: COMPONENTS + componentName(dto) };
}

/** Schemas by name of a DTO and of all that are nested in it. */
export function dtoComponents(root: DtoClass): Record<string, JsonSchema> {
  const found = new Set<DtoClass>();
  const components: Record<string, JsonSchema> = {};
  const waiting = [root];
  for (let dto = waiting.pop(); dto !== undefined; dto = waiting.pop()) {
    if (found.has(dto)) continue;
    found.add(dto);
    // Before the nested ones: the first of a name has it without a number.
    const name = componentName(dto);
    components[name] = toSchema(dto, (nested) => waiting.push(nested));
  }
  return components;
}

function toSchema(dto: DtoClass, onNested: (dto: DtoClass) => void): JsonSchema {
  const { targetConstructorToSchema } = jsonSchemaLibrary();
  const nested: Converter = (rule) => {
    const type = typeOf(dto, rule.propertyName);
    if (type === undefined) return { type: 'object' };
    onNested(type);
    const reference = { ...dtoReference(type) };
    // Without `each`, class-validator takes a list in the place of the object all the same.
    const isList = !rule.each && declaredType(dto, rule.propertyName) === Array;
    return isList ? { type: 'array', items: reference } : reference;
  };
  const schema = targetConstructorToSchema(dto, {
    classTransformerMetadataStorage: transformerStorage(),
    classValidatorMetadataStorage: getMetadataStorage(),
    refPointerPrefix: COMPONENTS,
    additionalConverters: {
      nestedValidation: nested as never,
      // The library's own writes `type: 'string'` for all of these.
      isEnum: ((rule) => ({ enum: enumValues(rule) })) satisfies Converter as never,
      isNotEmpty: ((rule) =>
        declaredType(dto, rule.propertyName) === String
          ? { type: 'string', minLength: 1 }
          : {}) satisfies Converter as never,
      // Rules of the application's own say nothing of a type but what the field is declared with.
      customValidation: ((rule) =>
        scalarSchema(dto, rule.propertyName)) satisfies Converter as never,
    },
  }) as Schema;
  return withIntegers(dto, schema);
}

/** Bounds beside @IsInt are `type: number` to the library, and the last of a field's rules wins. */
function withIntegers(dto: DtoClass, schema: Schema): JsonSchema {
  const properties = { ...(schema.properties as Record<string, Schema> | undefined) };
  const storage = getMetadataStorage();
  for (const rule of storage.getTargetValidationMetadatas(dto, '', false, false)) {
    const property = properties[rule.propertyName];
    if (rule.name !== 'isInt' || property === undefined) continue;
    properties[rule.propertyName] = rule.each
      ? { ...property, items: { ...(property.items as Schema), type: 'integer' } }
      : { ...property, type: 'integer' };
  }
  return { ...schema, properties };
}

function typeOf(dto: DtoClass, field: string): DtoClass | undefined {
  const metadata = transformerStorage().findTypeMetadata(dto, field);
  const choose = metadata?.typeFunction as ((options?: object) => unknown) | undefined;
  const type = choose === undefined ? declaredType(dto, field) : choose({});
  const isDto = typeof type === 'function' && type !== Object && type !== Array;
  return isDto ? (type as DtoClass) : undefined;
}

function declaredType(dto: DtoClass, field: string): unknown {
  return Reflect.getMetadata('design:type', dto.prototype as object, field);
}

const SCALARS = new Map<unknown, string>([
  [String, 'string'],
  [Number, 'number'],
  [Boolean, 'boolean'],
]);

function scalarSchema(dto: DtoClass, field: string): Schema {
  const type = SCALARS.get(declaredType(dto, field));
  return type === undefined ? {} : { type };
}

/** TypeScript's numeric enums name their names by value too. */
function enumValues({ constraints: [members] }: ValidationMetadata): unknown[] {
  const entries = Object.entries(members as Record<string, unknown>);
  return entries.filter(([name]) => Number.isNaN(Number(name))).map(([, value]) => value);
}

/** Loaded when an API document is made, not with the descriptors. */
function jsonSchemaLibrary(): typeof ClassValidatorJsonSchema {
  const require = createRequire(import.meta.url);
  return require('class-validator-jsonschema') as typeof ClassValidatorJsonSchema;
}
