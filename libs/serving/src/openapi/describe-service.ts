import { HTTP_CODE_METADATA, PROPERTY_DEPS_METADATA } from '@nestjs/common/constants.js';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { JsonSchema } from 'bentonest/io';
import { getRunnerInjections } from 'bentonest/runner';
import { NdArray } from 'bentonest/tensor';
import { defaultNdArrayOutput, getApiRoute } from '../api-route.js';
import type { ApiRoute } from '../api-route.js';
import type { ServiceClass } from '../bento-service.decorator.js';
import { describeRequest, describeResult } from './describe-content.js';
import type { Content } from './describe-content.js';
import { ERROR_SCHEMA_NAME, describeErrors, errorSchema } from './error-schema.js';
import type { ErrorStatus } from './error-schema.js';
import { createLazyModel } from './schema-models.js';
import { readSwagger, writeSwagger } from './swagger-keys.js';

type Fields = Readonly<Record<string, unknown>>;
type Responses = Readonly<Record<string, Fields>>;

/**
 * Describes the generated controller of a service in @nestjs/swagger's metadata, below what the user
 * wrote there. Descriptors are asked for their schemas when a document is made.
 */
export function describeService(controller: object, service: ServiceClass): void {
  const prototype = (controller as ServiceClass).prototype as Readonly<Record<string, object>>;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const handler = prototype[name];
    const route = getApiRoute(Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler));
    if (route !== undefined) describeHandler(handler, route, service);
  }
}

function describeHandler(handler: object, route: ApiRoute, service: ServiceClass): void {
  writeSwagger('operation', describeOperation(handler, route, service), handler);
  writeSwagger('responses', describeResponses(handler, route, service), handler);
  const models = (readSwagger('extraModels', handler) ?? []) as object[];
  writeSwagger('extraModels', [...models, createLazyModel(() => schemasOf(route))], handler);
}

/** What @ApiBody() says takes the place of the request body: @nestjs/swagger sees to it. */
function describeOperation(handler: object, route: ApiRoute, service: ServiceClass): Fields {
  const { summary, ...written } = (readSwagger('operation', handler) ?? {}) as Fields;
  // @ApiOperation() writes an empty summary where it is given none.
  const summaries = summary === undefined || summary === '' ? {} : { summary };
  const operation = { tags: tagsOf(handler, route, service), ...summaries };
  const { input } = route;
  if (input === undefined) return { ...operation, ...written };
  return {
    get requestBody() {
      return { required: true, content: describeRequest(input) };
    },
    ...operation,
    ...written,
  };
}

/** Without any of the user's, the service's name; @nestjs/swagger would add the class's. */
function tagsOf(handler: object, route: ApiRoute, service: ServiceClass): readonly string[] {
  const written = [service, handler].flatMap(
    (each) => (readSwagger('tags', each) ?? []) as string[],
  );
  return written.length === 0 ? [route.service.name] : [...new Set(written)];
}

function describeResponses(handler: object, route: ApiRoute, service: ServiceClass): Responses {
  const ofMethod = (readSwagger('responses', handler) ?? {}) as Responses;
  const written = { ...(readSwagger('responses', service) as Responses | undefined), ...ofMethod };
  const status = (Reflect.getMetadata(HTTP_CODE_METADATA, handler) ?? 200) as number;
  const ours: Responses = {
    [status]: status === 204 ? { description: 'Done.' } : describeSuccess(handler, route, service),
    ...describeErrors(errorsOf(route, service)),
  };
  const completed = Object.entries(ours).map(
    ([code, response]) => [code, complete(response, written[code])] as const,
  );
  return { ...ofMethod, ...Object.fromEntries(completed) };
}

function describeSuccess(handler: object, route: ApiRoute, service: ServiceClass): Fields {
  return {
    description: 'The result.',
    get content() {
      return describeOutput(handler, route, service);
    },
  };
}

/** Where no output is declared the value decides, of which only the method's return type tells. */
function describeOutput(handler: object, { output }: ApiRoute, service: ServiceClass): Content {
  if (output !== undefined) return describeResult(output);
  const { name } = handler as { readonly name: string };
  const type: unknown = Reflect.getMetadata('design:returntype', service.prototype as object, name);
  if (type === NdArray) return describeResult(defaultNdArrayOutput);
  if (type === String) return { 'text/plain': { schema: { type: 'string' } } };
  return { 'application/json': { schema: {} } };
}

/** Any of these says what the body is, so that ours is not wanted. */
const SAYS_CONTENT = ['type', 'schema', 'content', 'standardSchema', 'example', 'examples', '$ref'];

function complete(ours: Fields, written: Fields | undefined): Fields {
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

function errorsOf(route: ApiRoute, service: ServiceClass): ErrorStatus[] {
  const ofBody: ErrorStatus[] = route.input === undefined ? [] : [400, 413, 415];
  return [...ofBody, 500, ...(mayRunModels(service) ? ([503, 504] as const) : [])];
}

/** A service that injects nothing has no runner, nor another service that has one. */
function mayRunModels(service: ServiceClass): boolean {
  const parameters = (Reflect.getMetadata('design:paramtypes', service) ?? []) as unknown[];
  const properties = (Reflect.getMetadata(PROPERTY_DEPS_METADATA, service) ?? []) as unknown[];
  return getRunnerInjections(service).length + parameters.length + properties.length > 0;
}

function schemasOf({ input, output }: ApiRoute): Readonly<Record<string, JsonSchema>> {
  return { [ERROR_SCHEMA_NAME]: errorSchema, ...input?.components?.(), ...output?.components?.() };
}
