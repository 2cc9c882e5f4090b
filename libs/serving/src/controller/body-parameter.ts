import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ServiceConfigurationError } from 'bentonest/errors';
import { parameters } from 'bentonest/io';
import type { IoDescriptor } from 'bentonest/io';
import { isDescriptor } from '../api.decorator.js';
import type { ApiMetadata, DescriptorsByName } from '../api.decorator.js';
import type { ServiceClass } from '../bento-service.decorator.js';
import { inferInput } from './infer-input.js';
import { readParameters } from './method-parameters.js';
import type { MethodParameter } from './method-parameters.js';

/** The parameters that get the body, and what reads it. */
export interface BodyParameters {
  /** Positions of the parameters; of several, the descriptor gives their values in this order. */
  readonly indexes: readonly number[];
  readonly input: IoDescriptor;
  /** The descriptor gives a list of values, also where it is of one. */
  readonly isList: boolean;
}

export interface ApiMethod {
  readonly service: ServiceClass;
  readonly name: string;
  readonly api: ApiMetadata;
}

type Method = (...args: never) => unknown;

/**
 * Finds the parameters of a method that no Nest parameter decorator claims, and their descriptor.
 *
 * @throws ServiceConfigurationError naming class, method and cure.
 */
export function findBodyParameters(method: ApiMethod): BodyParameters | undefined {
  const { service, name, api } = method;
  const types = parameterTypes(method);
  const claimed = claimedParameters(service, name);
  const indexes = types.map((_, index) => index).filter((index) => !claimed.has(index));
  const where = `${service.name}#${name}`;
  if (indexes.length === 0) {
    if (api.input === undefined) return undefined;
    throw new ServiceConfigurationError(
      `${where} declares an input but has no parameter for it. Add a parameter, or remove input.`,
    );
  }
  refuseBodyOf(method, where);
  const { input } = api;
  if (input !== undefined && !isDescriptor(input)) {
    return { indexes, input: named(method, indexes, input), isList: true };
  }
  if (indexes.length === 1) {
    return { indexes, input: input ?? inferAlone(method, indexes[0]), isList: false };
  }
  if (input === undefined) return { indexes, input: inferred(method, indexes), isList: true };
  throw new ServiceConfigurationError(
    `${where} has ${indexes.length} parameters and one descriptor, ${input.kind}(). Give one to each by name, @Api({ input: { … } }), or decorate the others with Nest's @Headers(), @Query() or @Param().`,
  );
}

/** Number of parameters that the method has or that decorators fill. */
export function countParameters(method: ApiMethod): number {
  const claimed = [...claimedParameters(method.service, method.name)];
  return Math.max(parameterTypes(method).length, ...claimed.map((index) => index + 1));
}

function refuseBodyOf({ api }: ApiMethod, where: string): void {
  const { method } = api;
  if (method !== 'GET' && method !== 'DELETE') return;
  throw new ServiceConfigurationError(
    `${where} is served by ${method}, which has no body for its parameters. Decorate them with Nest's @Query() or @Param(), or use POST.`,
  );
}

/** The descriptors that the user gave by name, in the order of the parameters. */
function named(
  method: ApiMethod,
  indexes: readonly number[],
  descriptors: DescriptorsByName,
): IoDescriptor {
  const { service, name } = method;
  const entries = Object.entries(descriptors);
  if (entries.length !== indexes.length) {
    throw new ServiceConfigurationError(
      `${service.name}#${name} has ${indexes.length} parameters for a body, and input names ${entries.length}. Name each, in the order of the parameters.`,
    );
  }
  const known = readParameters(functionOf(method));
  return parameters(
    entries.map(([field, input], position) => ({
      name: field,
      input,
      isOptional: known[indexes[position]]?.fallback !== undefined,
    })),
  );
}

function inferAlone(method: ApiMethod, index: number): IoDescriptor {
  const { fallback } = readParameters(functionOf(method))[index] ?? {};
  const where = `${method.service.name}#${method.name}`;
  return inferInput({ type: parameterTypes(method)[index], where, isShared: false, fallback });
}

/** Descriptors by the parameters' types, under the names that the method's source has. */
function inferred(method: ApiMethod, indexes: readonly number[]): IoDescriptor {
  const types = parameterTypes(method);
  const known = readParameters(functionOf(method));
  return parameters(
    indexes.map((index) => {
      const { name, fallback } = namedParameter(method, known[index]);
      const where = `${method.service.name}#${method.name}(${name})`;
      return {
        name,
        input: inferInput({ type: types[index], where, isShared: true, fallback }),
        isOptional: fallback !== undefined,
      };
    }),
  );
}

/** Without names of their own: destructured ones, and those of a function put in the method's place. */
function namedParameter({ service, name }: ApiMethod, parameter: MethodParameter | undefined) {
  if (parameter?.name !== undefined && !parameter.isRest) {
    return { name: parameter.name, fallback: parameter.fallback };
  }
  throw new ServiceConfigurationError(
    `${service.name}#${name} has several parameters, of which one has no name: it is destructured, takes the rest, or another decorator wraps the method. Name each parameter, or set @Api({ input: { name: descriptor, … } }) in their order.`,
  );
}

function functionOf({ service, name }: ApiMethod): Method {
  return (service.prototype as Record<string, Method>)[name];
}

function parameterTypes({ service, name }: ApiMethod): unknown[] {
  const prototype = service.prototype as object;
  return (Reflect.getMetadata('design:paramtypes', prototype, name) ?? []) as unknown[];
}

function claimedParameters(service: ServiceClass, name: string): ReadonlySet<number> {
  const claimed = (Reflect.getMetadata(ROUTE_ARGS_METADATA, service, name) ?? {}) as Record<
    string,
    { index: number }
  >;
  return new Set(Object.values(claimed).map(({ index }) => index));
}
