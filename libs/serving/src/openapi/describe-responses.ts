import { HTTP_CODE_METADATA, PROPERTY_DEPS_METADATA } from '@nestjs/common/constants.js';
import { getRunnerInjections } from 'bentonest/runner';
import { defaultOutputOf } from '../api-route.js';
import type { ServiceClass } from '../bento-service.decorator.js';
import { describeResult } from './describe-content.js';
import type { Content } from './describe-content.js';
import type { DescribedMethod } from './described-method.js';
import { describeErrors } from './error-schema.js';
import type { ErrorStatus } from './error-schema.js';
import { readSwagger } from './swagger-keys.js';

type Response = Readonly<Record<string, unknown>>;
type Responses = Readonly<Record<string, Response>>;

/** The result and the errors of a method, below what @ApiResponse() says on it or its class. */
export function describeResponses(method: DescribedMethod): Responses {
  const { handler, service } = method;
  const ofMethod = (readSwagger('responses', handler) ?? {}) as Responses;
  const written = { ...(readSwagger('responses', service) as Responses | undefined), ...ofMethod };
  const status = (Reflect.getMetadata(HTTP_CODE_METADATA, handler) ?? 200) as number;
  const ours: Responses = {
    [status]: status === 204 ? { description: 'Done.' } : describeSuccess(method),
    ...describeErrors(errorsOf(method)),
  };
  const completed = Object.entries(ours).map(
    ([code, response]) => [code, complete(response, written[code])] as const,
  );
  return { ...ofMethod, ...Object.fromEntries(completed) };
}

function describeSuccess(method: DescribedMethod): Response {
  const { output } = method.route;
  return {
    description: 'The result.',
    get content() {
      return output === undefined ? describeUndeclared(method) : describeResult(output);
    },
  };
}

const TEXT: Content = { 'text/plain': { schema: { type: 'string' } } };
const LINES: Content = { 'application/x-ndjson': { schema: {} } };
const BYTES: Content = {
  'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
};
const generators = [function* (): Generator {}, async function* (): AsyncGenerator {}];

/** Where no output is declared the value decides, of which only the method's return type tells. */
function describeUndeclared({ service, name }: DescribedMethod): Content {
  const prototype = service.prototype as Readonly<Record<string, object>>;
  const isGenerator = generators.some((each) => prototype[name] instanceof each.constructor);
  if (isGenerator) return { ...LINES, ...TEXT };
  const type: unknown = Reflect.getMetadata('design:returntype', prototype, name);
  const output = defaultOutputOf(type);
  if (output !== undefined) return describeResult(output);
  if (type === String) return TEXT;
  if (type === Buffer || type === Uint8Array) return BYTES;
  return { 'application/json': { schema: {} } };
}

/** Any of these says what the body is, so that ours is not wanted. */
const SAYS_CONTENT = ['type', 'schema', 'content', 'standardSchema', 'example', 'examples', '$ref'];

function complete(ours: Response, written: Response | undefined): Response {
  if (written === undefined) return ours;
  if (SAYS_CONTENT.some((key) => written[key] !== undefined)) return written;
  const { description } = written;
  return {
    get content() {
      return ours.content;
    },
    ...written,
    description: description === '' ? ours.description : description,
  };
}

function errorsOf({ route, service }: DescribedMethod): ErrorStatus[] {
  const statuses = new Set<ErrorStatus>([500]);
  if (route.input !== undefined) statuses.add(400).add(413).add(415);
  if (route.limits.concurrency !== undefined) statuses.add(429);
  if (route.limits.timeoutMs !== undefined) statuses.add(504);
  if (mayRunModels(service)) statuses.add(503).add(504);
  return [...statuses];
}

/** A service that injects nothing has no runner, nor another service that has one. */
function mayRunModels(service: ServiceClass): boolean {
  const parameters = (Reflect.getMetadata('design:paramtypes', service) ?? []) as unknown[];
  const properties = (Reflect.getMetadata(PROPERTY_DEPS_METADATA, service) ?? []) as unknown[];
  return getRunnerInjections(service).length + parameters.length + properties.length > 0;
}
