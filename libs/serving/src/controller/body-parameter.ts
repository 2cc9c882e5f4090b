import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ServiceConfigurationError } from 'bentonest/errors';
import { json, ndarray } from 'bentonest/io';
import type { DtoClass, IoDescriptor } from 'bentonest/io';
import { NdArray } from 'bentonest/tensor';
import type { ApiMetadata } from '../api.decorator.js';
import type { ServiceClass } from '../bento-service.decorator.js';

/** The parameter that gets the body, and what reads it. */
export interface BodyParameter {
  readonly index: number;
  readonly input: IoDescriptor;
}

export interface ApiMethod {
  readonly service: ServiceClass;
  readonly name: string;
  readonly api: ApiMetadata;
}

/**
 * Finds the one parameter of a method that no Nest parameter decorator claims, and its descriptor.
 *
 * @throws ServiceConfigurationError naming class, method and cure.
 */
export function findBodyParameter(method: ApiMethod): BodyParameter | undefined {
  const { service, name, api } = method;
  const prototype = service.prototype as object;
  const types = (Reflect.getMetadata('design:paramtypes', prototype, name) ?? []) as unknown[];
  const claimed = claimedParameters(service, name);
  const free = types.map((_, index) => index).filter((index) => !claimed.has(index));
  const where = `${service.name}#${name}`;
  if (free.length > 1) {
    throw new ServiceConfigurationError(
      `${where} has ${free.length} parameters for one body. Put them into one DTO class, or decorate the others with Nest's @Headers(), @Query() or @Param().`,
    );
  }
  const [index] = free;
  if (index === undefined) {
    if (api.input === undefined) return undefined;
    throw new ServiceConfigurationError(
      `${where} declares an input but has no parameter for it. Add a parameter, or remove input.`,
    );
  }
  return { index, input: api.input ?? inferInput(types[index], where) };
}

/** Number of parameters that the method has or that decorators fill. */
export function countParameters(method: ApiMethod): number {
  const { service, name } = method;
  const prototype = service.prototype as object;
  const types = (Reflect.getMetadata('design:paramtypes', prototype, name) ?? []) as unknown[];
  return Math.max(types.length, ...[...claimedParameters(service, name)].map((index) => index + 1));
}

function claimedParameters(service: ServiceClass, name: string): ReadonlySet<number> {
  const claimed = (Reflect.getMetadata(ROUTE_ARGS_METADATA, service, name) ?? {}) as Record<
    string,
    { index: number }
  >;
  return new Set(Object.values(claimed).map(({ index }) => index));
}

/** Types that say nothing about what a body must be. */
const UNTYPED = new Set<unknown>([Object, Array, Function, Promise, undefined]);
const NOT_YET = new Set<unknown>([String, Number, Boolean, Buffer, Map, Set, Date]);

function inferInput(type: unknown, where: string): IoDescriptor {
  if (type === NdArray) return ndarray();
  if (typeof type === 'function' && !UNTYPED.has(type) && !NOT_YET.has(type)) {
    return json(type as DtoClass) as IoDescriptor;
  }
  const name = typeof type === 'function' ? type.name : String(type);
  throw new ServiceConfigurationError(
    `The input of ${where} cannot be inferred from the type ${name} of its parameter. Set @Api({ input: … }), or use NdArray or a DTO class (imported without "type").`,
  );
}
