import { Controller, Get, Header, HttpStatus, Res } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { RunnerRegistry } from 'bentonest/runner';
import type { RunnerStatus } from 'bentonest/runner';
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
  @Header('content-type', 'text/plain; charset=utf-8')
  livez(): string {
    return '\n';
  }

  /** The same as livez, under the name that Kubernetes' own components have. */
  @Get('healthz')
  @Header('content-type', 'text/plain; charset=utf-8')
  healthz(): string {
    return '\n';
  }

  /** Every runner has a live worker with its model loaded; else 503 and one line per runner that has none. */
  @Get('readyz')
  @Header('content-type', 'text/plain; charset=utf-8')
  readyz(@Res({ passthrough: true }) reply: FastifyReply): string {
    const unready = this.runners.statuses.filter(({ state }) => state !== 'ready');
    if (unready.length === 0 && !this.isClosing) return '\n';
    reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    const closing = this.isClosing ? 'The server is closing.\n' : '';
    return closing + unready.map((status) => describe(status)).join('');
  }
}

function describe({ name, state }: RunnerStatus): string {
  return `Runner "${name}" is ${state}.\n`;
}
