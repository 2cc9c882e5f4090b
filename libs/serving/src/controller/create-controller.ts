import { Controller, HttpCode, Inject, Req, RequestMapping, RequestMethod } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { HTTP_CODE_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import { ServiceConfigurationError } from 'bentonest/errors';
import { ApiRoute, ROUTE_CONFIG_KEY } from '../api-route.js';
import type { RouteLimits } from '../api-route.js';
import { getApiMetadata } from '../api.decorator.js';
import type { ApiMetadata } from '../api.decorator.js';
import { getServiceMetadata } from '../bento-service.decorator.js';
import type { ServiceClass, ServiceMetadata } from '../bento-service.decorator.js';
import { checkLimits } from '../check-limits.js';
import type { Limits } from '../check-limits.js';
import { ConcurrencyLimit } from '../http/concurrency-limit.js';
import { DecodedBody } from '../input/body.decorator.js';
import { describeService } from '../openapi/describe-service.js';
import { countParameters, findBodyParameters } from './body-parameter.js';
import type { ApiMethod } from './body-parameter.js';
import { copyClassMetadata, copyFunctionMetadata, copyPropertyMetadata } from './copy-metadata.js';
import { createHandler } from './create-handler.js';
import type { Method, ServiceInstance } from './create-handler.js';

/** Limits of a service: those of its decorators, or those that were set outside of the code. */
export interface ServiceSettings extends Limits {
  /** Of its methods, by the names of their operations. */
  readonly apis?: Readonly<Record<string, Limits>> | undefined;
}

/** Names of a service's operations: those that `@Api` gives, else the methods' own. */
export function getApiNames(service: ServiceClass): readonly string[] {
  return findApiMethods(service).map(({ name, api }) => api.name ?? name);
}

/** The limits that the decorators of a service and its methods say. */
export function getDecoratedSettings(service: ServiceClass): ServiceSettings {
  const methods = findApiMethods(service);
  return {
    ...limitsIn(getServiceMetadata(service) ?? {}),
    apis: Object.fromEntries(methods.map(({ name, api }) => [api.name ?? name, limitsIn(api)])),
  };
}

function limitsIn({ timeoutMs, maxConcurrency }: Limits): Limits {
  return { timeoutMs, maxConcurrency };
}

/**
 * Generates the Nest controller of a service: a class of the service's name whose methods call the
 * one instance that is the provider. What the user decorated the class and its methods with
 * (guards, interceptors, filters, versions, headers, swagger) is copied, so that it works as on any
 * controller. Look-ups by `context.getClass()` see the generated class, with the same metadata.
 *
 * @param settings limits that hold over those of the decorators.
 * @throws ServiceConfigurationError naming class, method and cure.
 */
export function createController(service: ServiceClass, settings: ServiceSettings = {}): Type {
  const decorated = getServiceMetadata(service);
  if (decorated === undefined) {
    throw new ServiceConfigurationError(
      `${service.name} is listed in services but is no service. Decorate it with @BentoService().`,
    );
  }
  const controller = createClass(service.name);
  const methods = findApiMethods(service);
  if (methods.length === 0) {
    throw new ServiceConfigurationError(
      `Service ${service.name} has no @Api() method. Decorate the methods that it shall serve.`,
    );
  }
  const { apis = {}, ...limits } = settings;
  const metadata = { ...decorated, ...limits };
  const { maxConcurrency } = metadata;
  const ofService =
    maxConcurrency === undefined ? undefined : new ConcurrencyLimit(maxConcurrency, 'service');
  for (const method of methods) {
    const { name, api } = method;
    const set = { ...api, ...apis[api.name ?? name] };
    addHandler(controller, { ...method, api: set }, { metadata, ofService });
  }
  copyClassMetadata(service, controller);
  Inject(service)(controller, undefined as never, 0);
  Controller()(controller);
  describeService(controller, service);
  return controller;
}

function createClass(name: string): Type {
  const named = {
    [name]: class {
      constructor(readonly service: ServiceInstance) {}
    },
  };
  return named[name];
}

function findApiMethods(service: ServiceClass): ApiMethod[] {
  const prototype = service.prototype as Record<string, object>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const api = getApiMetadata(prototype[name]);
    return api === undefined ? [] : [{ service, name, api }];
  });
}

interface ServedService {
  readonly metadata: ServiceMetadata;
  /** The limit of all its methods together. */
  readonly ofService: ConcurrencyLimit | undefined;
}

function addHandler(controller: Type, method: ApiMethod, served: ServedService): void {
  const { service, name, api } = method;
  const body = findBodyParameters(method);
  const arity = countParameters(method);
  const original = (service.prototype as Record<string, Method>)[name];
  const owner = `${service.name}#${name}`;
  const limits = limitsOf(api, owner, served);
  const handler = createHandler(name, original, { output: api.output, body, limits });
  const target = controller.prototype as object;
  const descriptor = { value: handler, writable: true, configurable: true };
  Object.defineProperty(target, name, descriptor);

  copyFunctionMetadata(original, handler);
  copyPropertyMetadata(service.prototype as object, target, name);
  copyPropertyMetadata(service, controller, name);

  const route = new ApiRoute(
    served.metadata,
    owner,
    { input: body?.input, output: api.output },
    limits,
  );
  const config = (Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, original) ?? {}) as object;
  RouteConfig({ ...config, [ROUTE_CONFIG_KEY]: route })(target, name, descriptor);
  RequestMapping({ path: toPath(api.route ?? name), method: verbOf(api, owner) })(
    target,
    name,
    descriptor,
  );
  if (Reflect.getMetadata(HTTP_CODE_METADATA, original) === undefined) {
    HttpCode(200)(target, name, descriptor);
  }
  if (body !== undefined) DecodedBody(body.input)(target, name, body.indexes[0]);
  // The last parameter. Nest's own decorator: pipes leave the request alone.
  Req()(target, name, arity);
}

/** @throws ServiceConfigurationError for a limit that is none. */
function limitsOf(
  api: ApiMetadata,
  owner: string,
  { metadata, ofService }: ServedService,
): RouteLimits {
  checkLimits(`@Api of ${owner}`, api);
  const { timeoutMs = metadata.timeoutMs, maxConcurrency } = api;
  const concurrency =
    maxConcurrency === undefined
      ? ofService
      : new ConcurrencyLimit(maxConcurrency, 'route', ofService);
  return { timeoutMs, concurrency };
}

/** Nest would take GET for a method that is none. */
function verbOf({ method = 'POST' }: ApiMetadata, owner: string): RequestMethod {
  const verb = RequestMethod[method] as RequestMethod | undefined;
  if (verb !== undefined) return verb;
  throw new ServiceConfigurationError(
    `@Api of ${owner} has as method ${method as string}; expected GET, POST, PUT, PATCH or DELETE.`,
  );
}

function toPath(route: string): string {
  return route.startsWith('/') ? route : `/${route}`;
}
