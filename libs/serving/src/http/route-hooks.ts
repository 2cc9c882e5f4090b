import { ServiceConfigurationError } from 'bentonest/errors';
import type { FastifyInstance, RouteOptions } from 'fastify';
import type { Admission } from './admission.js';
import { getApiRoute } from '../api-route.js';
import type { ApiRoute } from '../api-route.js';
import { readsAsStream } from '../input/decode-body.js';
import { createDecompressHook } from '../input/decompress.js';
import { createStreamHook } from '../input/stream-body.js';
import { createResultEncoder } from '../output/encode-result.js';
import type { RouteInfo } from '../serving.channels.js';
import { addressHooks } from './operator-address.js';
import {
  createRequestHook,
  createResponseHook,
  publishUnmatched,
  withRouteInfo,
} from './request-events.js';
import { answerRequestId } from './request-ids.js';
import { toRoutePattern } from './route-pattern.js';

/** Largest body of an API route, in bytes, where the application set none of its own: 20 MiB. */
export const DEFAULT_BODY_LIMIT = 20 * 1024 * 1024;
const FASTIFY_DEFAULT_BODY_LIMIT = 1024 * 1024;

/** Names the handlers that the application's own controllers have for a route. */
export type FindHandlers = (method: string, url: string) => readonly string[];

/** What the application has for its routes. */
export interface RouteSurroundings {
  readonly admission: Admission;
  readonly bodyLimitBytes?: number | undefined;
  readonly findHandlers: FindHandlers;
}

/** Gives routes their hooks and body limit as they are added, and refuses those that collide. */
export function addRouteHooks(fastify: FastifyInstance, surroundings: RouteSurroundings): void {
  const { admission, bodyLimitBytes, findHandlers } = surroundings;
  const owners = new Map<string, ApiRoute | undefined>();
  fastify.addHook('onRoute', (options) => {
    const route = getApiRoute(options.config);
    for (const key of routeKeys(options)) {
      if (owners.has(key)) refuseCollision(options, [owners.get(key), route], findHandlers);
      owners.set(key, route);
    }
    const info = describeRoute(options, route);
    options.config = withRouteInfo(options.config, info);
    options.onRequest = [
      createRequestHook(info),
      ...addressHooks(options),
      ...admission.hooksOf(options),
      ...[options.onRequest ?? []].flat(),
    ];
    options.onResponse = [...[options.onResponse ?? []].flat(), createResponseHook(info)];
    options.bodyLimit ??= bodyLimitBytes;
    if (route === undefined) return;
    const hasSchema = options.schema?.response !== undefined;
    const encode = createResultEncoder(route, hasSchema);
    options.preSerialization = [...[options.preSerialization ?? []].flat(), encode];
    // First: what else works on the payload shall see the one that is sent.
    if (route.output !== undefined) options.onSend = [encode, ...[options.onSend ?? []].flat()];
    options.bodyLimit ??= chooseBodyLimit(fastify.initialConfig.bodyLimit);
    options.preParsing = [
      ...[options.preParsing ?? []].flat(),
      createDecompressHook(options.bodyLimit),
      ...streamHooks(route, options.bodyLimit),
    ];
  });
  fastify.addHook('onSend', answerRequestId);
  fastify.addHook('onResponse', publishUnmatched);
}

function streamHooks({ input }: ApiRoute, bodyLimit: number) {
  if (input?.reads !== 'stream') return [];
  return [createStreamHook(bodyLimit, (contentType) => readsAsStream(input, contentType))];
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

/** What two routes must not share: one key per method and version, versions being alternatives. */
function routeKeys({ method, url, constraints = {} }: RouteOptions): ReadonlySet<string> {
  const { version, ...others } = constraints as Readonly<Record<string, unknown>>;
  const rest = `${toRoutePattern(url)} ${JSON.stringify(others)}`;
  const keys = [method]
    .flat()
    .flatMap((each) => [version].flat().map((one) => `${each} ${describeVersion(one)} ${rest}`));
  return new Set(keys);
}

/** In a list of versions "none" is a symbol of Nest's; alone it is no constraint at all. */
function describeVersion(version: unknown): string {
  return typeof version === 'string' ? JSON.stringify(version) : 'neutral';
}

function refuseCollision(
  { method, url }: RouteOptions,
  [first, second]: readonly [ApiRoute | undefined, ApiRoute | undefined],
  findHandlers: FindHandlers,
): void {
  const ours = second ?? first;
  // Two foreign routes are Fastify's affair, which has its own error.
  if (ours === undefined) return;
  const methods = [method].flat();
  const isBoth = first !== undefined && second !== undefined;
  const rival = isBoth ? first.owner : nameRival(findHandlers(methods[0], url), ours);
  throw new ServiceConfigurationError(
    `Route ${methods.join(', ')} ${url} of ${ours.owner} is already served by ${rival}. Give one of them another route: @Api('/other').`,
  );
}

/** Fastify does not know whose a foreign route is; the controllers' own paths may tell. */
function nameRival(handlers: readonly string[], ours: ApiRoute): string {
  const [only, another] = handlers.filter((handler) => handler !== ours.owner);
  return another === undefined ? (only ?? 'a plugin') : 'another controller or plugin';
}
