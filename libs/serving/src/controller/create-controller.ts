import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { HTTP_CODE_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import { ServiceConfigurationError } from 'bentonest/errors';
import type { FastifyRequest } from 'fastify';
import { ApiRoute, ROUTE_CONFIG_KEY } from '../api-route.js';
import { getApiMetadata } from '../api.decorator.js';
import { getServiceMetadata } from '../bento-service.decorator.js';
import type { ServiceClass, ServiceMetadata } from '../bento-service.decorator.js';
import { runForClient } from '../http/client-scope.js';
import { DecodedBody } from '../input/body.decorator.js';
import { markSucceeded } from '../output/encode-result.js';
import { countParameters, findBodyParameter } from './body-parameter.js';
import type { ApiMethod } from './body-parameter.js';
import { copyClassMetadata, copyFunctionMetadata, copyPropertyMetadata } from './copy-metadata.js';

type Method = (...args: unknown[]) => unknown;
type ServiceInstance = Readonly<Record<string, Method>>;

/**
 * Generates the Nest controller of a service: a class of the service's name whose methods call the
 * one instance that is the provider. What the user decorated the class and its methods with
 * (guards, interceptors, filters, versions, headers, swagger) is copied, so that it works as on any
 * controller. Look-ups by `context.getClass()` see the generated class, with the same metadata.
 *
 * @throws ServiceConfigurationError naming class, method and cure.
 */
export function createController(service: ServiceClass): Type {
  const metadata = getServiceMetadata(service);
  if (metadata === undefined) {
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
  for (const method of methods) addHandler(controller, method, metadata);
  copyClassMetadata(service, controller);
  Inject(service)(controller, undefined as never, 0);
  Controller()(controller);
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

function addHandler(controller: Type, method: ApiMethod, metadata: ServiceMetadata): void {
  const { service, name, api } = method;
  const body = findBodyParameter(method);
  const arity = countParameters(method);
  const original = (service.prototype as Record<string, Method>)[name];
  const handler = createHandler(name, original instanceof AsyncFunction);
  const target = controller.prototype as object;
  const descriptor = { value: handler, writable: true, configurable: true };
  Object.defineProperty(target, name, descriptor);

  copyFunctionMetadata(original, handler);
  copyPropertyMetadata(service.prototype as object, target, name);
  copyPropertyMetadata(service, controller, name);

  const route = new ApiRoute(metadata, `${service.name}#${name}`, body?.input, api.output);
  const config = (Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, original) ?? {}) as object;
  RouteConfig({ ...config, [ROUTE_CONFIG_KEY]: route })(target, name, descriptor);
  Post(toPath(api.route ?? name))(target, name, descriptor);
  if (Reflect.getMetadata(HTTP_CODE_METADATA, original) === undefined) {
    HttpCode(200)(target, name, descriptor);
  }
  if (body !== undefined) DecodedBody(body.input)(target, name, body.index);
  // The last parameter. Nest's own decorator: pipes leave the request alone.
  Req()(target, name, arity);
}

const AsyncFunction = (async (): Promise<void> => {}).constructor as new () => Method;

/** The handler's last argument is the request, to mark it; the rest is the service method's. */
function createHandler(name: string, isAsync: boolean): Method {
  const named = {
    [name](this: { readonly service: ServiceInstance }, ...args: unknown[]): unknown {
      const request = args.pop() as FastifyRequest;
      const { service } = this;
      const handle = (): unknown => service[name].apply(service, args);
      return runForClient(request, { isAsync, handle, onSuccess: markSucceeded });
    },
  };
  return named[name];
}

function toPath(route: string): string {
  return route.startsWith('/') ? route : `/${route}`;
}
