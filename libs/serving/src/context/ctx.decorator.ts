import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext, HttpServer } from '@nestjs/common';
import { ServiceConfigurationError } from 'bentonest/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Context } from './context.js';

const SERVER = Symbol('bentonest.server');

type Prepared = FastifyInstance & { [SERVER]?: HttpServer };

/** Keeps Nest's adapter, which writes cookies, where a request leads to it. */
export function rememberServer(fastify: FastifyInstance, server: HttpServer): void {
  (fastify as Prepared)[SERVER] = server;
}

/**
 * The parameter of a service's method that gets the {@link Context}: the request's headers and query,
 * and the status, headers and cookies of the answer.
 *
 * @example
 * @Api()
 * classify(input: NdArray, @Ctx() context: Context) {
 *   context.response.setHeader('x-model', 'iris');
 *   …
 * }
 */
export const Ctx: () => ParameterDecorator = createParamDecorator(
  (_data: undefined, context: ExecutionContext) => {
    const request = context.getArgByIndex<FastifyRequest>(0);
    const reply = context.getArgByIndex<FastifyReply>(1);
    const server = (request.server as Prepared)[SERVER];
    if (server === undefined) {
      throw new ServiceConfigurationError(
        '@Ctx() is used in an application without BentoModule. Import BentoModule.forRoot().',
      );
    }
    return new Context(request, reply, server);
  },
);
