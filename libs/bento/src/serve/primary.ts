import { constants } from 'node:os';
import type { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MetricsCollector } from 'bentonest/observe';
import { RunnersOwner } from 'bentonest/runner';
import { FastifyPreparation } from 'bentonest/serving';
import { ApiProcesses } from './api-processes.js';
import { withSharing } from './create-application.js';
import type { RootModule } from './create-application.js';
import { bindPort } from './port.js';
import { channelOf } from './process-messages.js';
import type { ResolvedServeOptions } from './serve.options.js';

/** One press of Ctrl-C may reach the process twice, from the terminal and from npm. */
const SAME_SIGNAL_MS = 100;
/** What the runners need to end when nobody calls them any more. */
const WORKERS_GRACE_MS = 3_000;
/** So long the API processes tell clients on open connections to leave, and still get new ones. */
const FAREWELL_MS = 200;

/**
 * The first process of a server that has several: it has the port and the workers of the runners, and
 * starts those that serve. It binds first, so that nothing is started for a port that is taken.
 */
export async function runPrimary(root: RootModule, options: ResolvedServeOptions): Promise<void> {
  const port = await bindPort(options);
  const owner = new RunnersOwner();
  const primary = new Primary(port, options, owner);
  primary.endOnSignals();
  await primary.start(withSharing(root, { runners: { role: 'owner', owner } }));
}

class Primary {
  private readonly logger = new Logger('Serve');
  private readonly processes: ApiProcesses;
  private context: INestApplicationContext | undefined;
  private endingSince: number | undefined;

  constructor(
    private readonly port: Server,
    private readonly options: ResolvedServeOptions,
    owner: RunnersOwner,
  ) {
    const metrics = new MetricsCollector();
    this.processes = new ApiProcesses(options.workers, {
      onStart: (child) => {
        owner.connect(channelOf('runners', child));
        metrics.connect(channelOf('metrics', child));
      },
      onFailure: () => void this.end(1),
    });
  }

  async start(root: RootModule): Promise<void> {
    this.context = await NestFactory.createApplicationContext(root, { abortOnError: false });
    if (this.endingSince !== undefined) return;
    this.processes.start(this.port);
    const { host, port, workers } = this.options;
    this.logger.log(`Listening at port ${port} of ${host}, for ${workers} API processes`);
  }

  endOnSignals(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (this.endingSince === undefined) {
          void this.end(0);
        } else if (performance.now() - this.endingSince >= SAME_SIGNAL_MS) {
          this.logger.warn(`${signal} while closing: the process ends without waiting any longer.`);
          this.abandon(128 + constants.signals[signal]);
        }
      });
    }
  }

  /** Lets everything be answered, then ends the workers, then this process. */
  private async end(exitCode: number): Promise<void> {
    if (this.endingSince !== undefined) return;
    this.endingSince = performance.now();
    const graceMs = this.context?.get(FastifyPreparation, { strict: false }).graceMs ?? 0;
    setTimeout(() => {
      this.logger.error(
        `Not closed within ${graceMs} ms: the process ends with what is unfinished.`,
      );
      this.abandon(1);
    }, graceMs + WORKERS_GRACE_MS).unref();
    const stopped = this.processes.stop();
    await sleep(FAREWELL_MS);
    this.port.close();
    await stopped;
    await this.context?.close();
    process.exit(exitCode);
  }

  private abandon(exitCode: number): never {
    this.processes.kill();
    process.exit(exitCode);
  }
}
