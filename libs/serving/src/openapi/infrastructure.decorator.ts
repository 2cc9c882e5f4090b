import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import { INFRASTRUCTURE_CONFIG } from '../api-route.js';
import { addressConfig } from '../http/operator-address.js';
import type { InfrastructureAddress } from '../http/operator-address.js';
import { readSwagger, writeSwagger } from './swagger-keys.js';

/** The tag of endpoints that serve the operation of the server and not its users. */
export const INFRASTRUCTURE_TAG = 'Infrastructure';

/** Marks an operation that is at the operators' address where there is one; a finished document has it not. */
export const OPERATORS_FIRST = 'x-bentonest-operators-first';

/** What the API document says of an infrastructure endpoint. */
export interface InfrastructureOptions {
  readonly summary: string;
  /** What each status means; all bodies are plain text. */
  readonly responses: Readonly<Record<number, string>>;
  /** @default 'any' */
  readonly address?: InfrastructureAddress;
}

/**
 * Marks a method of a controller as infrastructure: in the API document, and for the server's limits,
 * which do not hold for it.
 */
export function Infrastructure({
  summary,
  responses,
  address = 'any',
}: InfrastructureOptions): MethodDecorator {
  const described = Object.entries(responses).map(([status, description]) => {
    const content = { 'text/plain': { schema: { type: 'string' } } };
    return [status, { description, content }] as const;
  });
  return (_prototype, _key, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as object;
    const config = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) as
      object | undefined;
    const marked = { ...config, ...INFRASTRUCTURE_CONFIG, ...addressConfig(address) };
    Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG_METADATA, marked, handler);
    const mark = address === 'operators-first' ? { [OPERATORS_FIRST]: true } : {};
    const operation = { summary, tags: [INFRASTRUCTURE_TAG], ...mark };
    writeSwagger(
      'operation',
      { ...operation, ...(readSwagger('operation', handler) as object | undefined) },
      handler,
    );
    writeSwagger('responses', Object.fromEntries(described), handler);
    // The document is the world's.
    if (address === 'operators-only') writeSwagger('excluded', { disable: true }, handler);
  };
}
