import type { DtoClass } from './dto-class.js';
import { transformerStorage } from './transformer-storage.js';

/** What class-transformer makes of a field's value. */
export type FieldType = { readonly kind: 'any' } | NestedType | ScalarType;

export interface NestedType {
  readonly kind: 'nested';
  readonly dto: DtoClass;
  /** Whether a list becomes a plain list, whatever class the field is declared with. */
  readonly takesLists: boolean;
}

/** Scalars that @Type converts to, in lists too. */
export interface ScalarType {
  readonly kind: 'scalar';
  readonly convert: (value: string | number | boolean) => unknown;
  /** Type of values that need no conversion. */
  readonly same: 'string' | 'number' | 'boolean' | 'none';
}

const SCALARS = new Map<unknown, ScalarType>([
  [String, { kind: 'scalar', convert: String, same: 'string' }],
  [Number, { kind: 'scalar', convert: Number, same: 'number' }],
  [Boolean, { kind: 'scalar', convert: Boolean, same: 'boolean' }],
  [Date, { kind: 'scalar', convert: toDate, same: 'none' }],
]);

/** Types of a field for which class-transformer makes a plain list of a list. */
const LISTABLE = new Set<unknown>([undefined, Object, Array, ...SCALARS.keys()]);

/** A string says what stands in the way. */
export function planType(dto: DtoClass, field: string, isNested: boolean): FieldType | string {
  const metadata = transformerStorage().findTypeMetadata(dto, field);
  if (metadata === undefined) return isNested ? '@ValidateNested without @Type' : { kind: 'any' };
  const { typeFunction, options } = metadata;
  const declared: unknown = metadata.reflectedType;
  if (options.discriminator !== undefined) return '@Type with a discriminator';
  // class-transformer gives it the object, by which it could choose.
  const choose = typeFunction as (() => unknown) | undefined;
  if (choose !== undefined && choose.length > 0) return '@Type that depends on the object';
  const target = choose === undefined ? declared : choose();
  if (declared !== target && !LISTABLE.has(declared)) return '@Type of another class';
  const scalar = SCALARS.get(target);
  if (isNested) {
    if (target === undefined || target === Object) return '@ValidateNested without @Type';
    if (scalar !== undefined) return '@ValidateNested of a scalar @Type';
    return { kind: 'nested', dto: target as DtoClass, takesLists: LISTABLE.has(declared) };
  }
  if (scalar !== undefined) return scalar;
  if (target === undefined || target === Object) return { kind: 'any' };
  return '@Type without @ValidateNested';
}

function toDate(value: string | number | boolean): Date {
  return new Date(value as string | number);
}
