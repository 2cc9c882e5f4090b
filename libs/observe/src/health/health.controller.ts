import { Controller, Get, Header, HttpStatus, Query, Res } from '@nestjs/common';
import { Infrastructure } from 'bentonest/serving';
import type { FastifyReply } from 'fastify';
import { Readiness } from './readiness.js';
import type { PartState } from './readiness.js';

/** Liveness and readiness under BentoML's names, for orchestrators and load balancers. */
@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process runs and its event loop turns. */
  @Get('livez')
  @Infrastructure({ summary: 'Liveness', responses: { 200: 'The process runs.' } })
  @Header('content-type', 'text/plain; charset=utf-8')
  livez(): string {
    return '\n';
  }

  /** The same as livez, under the name that Kubernetes' own components have. */
  @Get('healthz')
  @Infrastructure({ summary: 'Liveness', responses: { 200: 'The process runs.' } })
  @Header('content-type', 'text/plain; charset=utf-8')
  healthz(): string {
    return '\n';
  }

  /**
   * Every runner has a live worker with its model loaded, every mounted application's process takes
   * requests, and every indicator of the application's own says that it is ready; else 503 and one line
   * for each that is not. With `?verbose`, one line for each in any case.
   */
  @Get('readyz')
  @Infrastructure({
    summary: 'Readiness',
    responses: {
      200: 'Every runner has a worker with its model loaded, and all else that is needed is ready.',
      503: 'Something is not ready, or the server is closing: one line for each.',
    },
  })
  @Header('content-type', 'text/plain; charset=utf-8')
  readyz(
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query('verbose') verbose?: string,
  ): string | Promise<string> {
    const isVerbose = verbose !== undefined;
    const parts = this.readiness.read();
    if (!(parts instanceof Promise)) return answer(parts, reply, isVerbose);
    return parts.then((read) => answer(read, reply, isVerbose));
  }
}

function answer(parts: readonly PartState[], reply: FastifyReply, isVerbose: boolean): string {
  if (parts.some(({ isReady }) => !isReady)) reply.status(HttpStatus.SERVICE_UNAVAILABLE);
  const told = isVerbose
    ? parts
    : parts.filter(({ isReady, isNotable }) => !isReady || isNotable === true);
  return `${told.map(({ text }) => text).join('\n')}\n`;
}
