import { Controller, Get, Header, HttpStatus, Res } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { RunnerRegistry } from 'bentonest/runner';
import type { RunnerStatus } from 'bentonest/runner';
import { Infrastructure } from 'bentonest/serving';
import type { FastifyReply } from 'fastify';

/** Liveness and readiness under BentoML's names, for orchestrators and load balancers. */
@Controller()
export class HealthController implements OnModuleDestroy {
  private isClosing = false;

  constructor(private readonly runners: RunnerRegistry) {}

  /** The first of the shutdown's hooks: load balancers are to leave before anything is taken away. */
  onModuleDestroy(): void {
    this.isClosing = true;
  }

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
   * Every runner has a live worker with its model loaded; else 503 and one line per runner that has
   * none. A runner whose reload failed serves, and is named all the same.
   */
  @Get('readyz')
  @Infrastructure({
    summary: 'Readiness',
    responses: {
      200: 'Every runner has a worker with its model loaded.',
      503: 'A runner has none, or the server is closing: one line for each.',
    },
  })
  @Header('content-type', 'text/plain; charset=utf-8')
  readyz(@Res({ passthrough: true }) reply: FastifyReply): string {
    const { statuses } = this.runners;
    const isReady = !this.isClosing && statuses.every(({ state }) => state === 'ready');
    const lines = [
      this.isClosing ? 'The server is closing.' : '',
      ...statuses.map((status) => describe(status)),
    ].filter((line) => line !== '');
    if (!isReady) reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return `${lines.join('\n')}\n`;
  }
}

/** What is to be said of a runner, or nothing. */
function describe({ name, state, reason, reloadFailure }: RunnerStatus): string {
  if (state !== 'ready') return `Runner "${name}" is ${state}${reason ? `: ${reason}` : '.'}`;
  return reloadFailure ? `Runner "${name}" serves its old model: ${reloadFailure}` : '';
}
