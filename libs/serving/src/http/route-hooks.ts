import { ServiceConfigurationError } from 'bentonest/errors';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { getApiRoute } from '../api-route.js';
import type { ApiRoute } from '../api-route.js';
import { createResultEncoder } from '../output/encode-result.js';
import type { RouteInfo } from '../serving.channels.js';
import { createResponseHook, publishUnmatched } from './request-events.js';

/** Largest body of an API route, in bytes, where the application set none of its own: 20 MiB. */
export const DEFAULT_BODY_LIMIT = 20 * 1024 * 1024;
const FASTIFY_DEFAULT_BODY_LIMIT = 1024 * 1024;

/** Gives routes their hooks and body limit as they are added, and refuses those that collide. */
export function addRouteHooks(fastify: FastifyInstance): void {
  const owners = new Map<string, ApiRoute | undefined>();
  fastify.addHook('onRoute', (options) => {
    const route = getApiRoute(options.config);
    for (const key of routeKeys(options)) {
      if (owners.has(key)) refuseCollision(options, owners.get(key), route);
      owners.set(key, route);
    }
    options.onResponse = [
      ...[options.onResponse ?? []].flat(),
      createResponseHook(describeRoute(options, route)),
    ];
    if (route === undefined) return;
    const hooks = [options.preSerialization ?? []].flat();
    options.preSerialization = [...hooks, createResultEncoder(route)];
    options.bodyLimit ??= chooseBodyLimit(fastify.initialConfig.bodyLimit);
  });
  fastify.addHook('onResponse', publishUnmatched);
}

function describeRoute({ url, method }: RouteOptions, route: ApiRoute | undefined): RouteInfo {
  return {
    endpoint: url,
    method: [method].flat().join(','),
    service: route?.service.name ?? '',
    version: route?.service.version ?? '',
  };
}

function chooseBodyLimit(configured: number | undefined): number {
  return configured === undefined || configured === FASTIFY_DEFAULT_BODY_LIMIT
    ? DEFAULT_BODY_LIMIT
    : configured;
}

function routeKeys({ method, url, constraints }: RouteOptions): string[] {
  const version = JSON.stringify(constraints ?? {});
  return [method].flat().map((each) => `${each} ${url} ${version}`);
}

function refuseCollision(
  { method, url }: RouteOptions,
  first: ApiRoute | undefined,
  second: ApiRoute | undefined,
): void {
  const ours = second ?? first;
  // Two foreign routes are Fastify's affair, which has its own error.
  if (ours === undefined) return;
  const isBoth = first !== undefined && second !== undefined;
  const rival = isBoth ? first.owner : 'another controller or plugin';
  throw new ServiceConfigurationError(
    `Route ${[method].flat().join(', ')} ${url} of ${ours.owner} is already served by ${rival}. Give one of them another route: @Api('/other').`,
  );
}
