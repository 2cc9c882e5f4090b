import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { JsonSchema } from 'bentonest/io';
import { getApiRoute } from '../api-route.js';
import type { ApiRoute } from '../api-route.js';
import { getApiMetadata } from '../api.decorator.js';
import type { ServiceClass } from '../bento-service.decorator.js';
import { describeRequest } from './describe-content.js';
import { describeResponses } from './describe-responses.js';
import type { DescribedMethod } from './described-method.js';
import { ERROR_SCHEMA_NAME, errorSchema } from './error-schema.js';
import { createLazyModel } from './schema-models.js';
import { readSwagger, writeSwagger } from './swagger-keys.js';

type Fields = Readonly<Record<string, unknown>>;
type Methods = Readonly<Record<string, object>>;

/**
 * Describes the generated controller of a service in @nestjs/swagger's metadata, below what the user
 * wrote there. Descriptors are asked for their schemas when a document is made.
 */
export function describeService(controller: { readonly prototype: object }, service: ServiceClass) {
  const handlers = controller.prototype as Methods;
  for (const name of Object.getOwnPropertyNames(handlers)) {
    const handler = handlers[name];
    const api = getApiMetadata((service.prototype as Methods)[name]);
    const route = getApiRoute(Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler));
    if (api === undefined || route === undefined) continue;
    describeMethod({ service, name, api, handler, route });
  }
}

function describeMethod(method: DescribedMethod): void {
  const { handler, route } = method;
  writeSwagger('operation', describeOperation(method), handler);
  writeSwagger('responses', describeResponses(method), handler);
  const models = (readSwagger('extraModels', handler) ?? []) as object[];
  writeSwagger('extraModels', [...models, createLazyModel(() => schemasOf(route))], handler);
}

/** What @ApiBody() says takes the place of the request body: @nestjs/swagger sees to it. */
function describeOperation(method: DescribedMethod): Fields {
  const { handler, route, api, service } = method;
  const { summary, description, name } = api;
  const { summary: blank, ...rest } = (readSwagger('operation', handler) ?? {}) as Fields;
  // @ApiOperation() writes an empty summary where it is given none.
  const written = blank === '' || blank === undefined ? rest : { summary: blank, ...rest };
  const operation = {
    tags: tagsOf(method),
    ...(summary === undefined ? {} : { summary }),
    ...(description === undefined ? {} : { description }),
    ...(name === undefined ? {} : { operationId: `${service.name}__${name}` }),
    ...written,
  };
  const { input } = route;
  if (input === undefined) return operation;
  return {
    get requestBody() {
      return { required: true, content: describeRequest(input) };
    },
    ...operation,
  };
}

/** Without any of the user's, the service's name; @nestjs/swagger would add the class's. */
function tagsOf({ service, handler, route }: DescribedMethod): readonly string[] {
  const written = [service, handler].flatMap(
    (each) => (readSwagger('tags', each) ?? []) as string[],
  );
  return written.length === 0 ? [route.service.name] : [...new Set(written)];
}

/** The named schemas that a method's bodies and errors refer to. */
export function schemasOf({ input, output }: ApiRoute): Readonly<Record<string, JsonSchema>> {
  return { [ERROR_SCHEMA_NAME]: errorSchema, ...input?.components?.(), ...output?.components?.() };
}
