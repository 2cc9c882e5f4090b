import type { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MetricsCollector } from 'bentonest/observe';
import { RunnersOwner } from 'bentonest/runner';
import {
  ENDING_SIGNALS,
  FAREWELL_MS,
  LAST_HOOKS_MS,
  SecondSignal,
  ServerLife,
} from 'bentonest/serving';
import { ApiProcesses } from './api-processes.js';
import { withSharing } from './create-application.js';
import type { RootModule } from './create-application.js';
import { KEEP_LINES, levelOf, listenToLevelSignal, logThroughBento } from './log-through-bento.js';
import { adminAddressOf, bindPort } from './port.js';
import { channelOf } from './process-messages.js';
import type { ResolvedServeOptions } from './serve.options.js';
import { readTls } from './tls.js';

/** What the processes need to end when the grace period has, and their hooks, in milliseconds. */
const LAST_MS = LAST_HOOKS_MS + 1_000;

/**
 * The first process of a server that has several: it has the port and the workers of the runners, and
 * starts those that serve. It binds first, so that nothing is started for a port that is taken.
 */
export async function runPrimary(root: RootModule, options: ResolvedServeOptions): Promise<void> {
  // Once, and not by each process that is to serve.
  if (options.ssl !== undefined) readTls(options.ssl);
  const ports: Ports = { public: await bindPort(options), admin: await bindAdminPort(options) };
  const owner = new RunnersOwner();
  const primary = new Primary(ports, options, owner);
  primary.endOnSignals();
  await primary.start(withSharing(root, { runners: { role: 'owner', owner } }));
}

/** Servers for each address. */
type Ports = Readonly<{ public: readonly Server[]; admin: readonly Server[] }>;

async function bindAdminPort(options: ResolvedServeOptions): Promise<readonly Server[]> {
  return options.admin?.port === undefined ? [] : bindPort(adminAddressOf(options));
}

class Primary {
  private readonly logger = new Logger('Serve');
  private readonly processes: ApiProcesses;
  private context: INestApplicationContext | undefined;
  private readonly signals = new SecondSignal((code) => this.abandon(code));
  private isEnding = false;

  constructor(
    private readonly ports: Ports,
    private readonly options: ResolvedServeOptions,
    owner: RunnersOwner,
  ) {
    const metrics = new MetricsCollector();
    this.processes = new ApiProcesses(options, {
      onStart: (child) => {
        owner.connect(channelOf('runners', child));
        metrics.connect(channelOf('metrics', child));
      },
      onFailure: () => void this.end(1),
    });
    // At once: a connection that nobody listens for would wait for ever.
    for (const server of ports.public) this.processes.take(server, 'public');
    for (const server of ports.admin) this.processes.take(server, 'admin');
  }

  async start(root: RootModule): Promise<void> {
    this.context = await logThroughBento(() =>
      NestFactory.createApplicationContext(root, { ...KEEP_LINES }),
    );
    if (this.isEnding) return;
    listenToLevelSignal(this.context);
    this.processes.shareLevel(levelOf(this.context));
    this.processes.start();
    const { host, port, workers } = this.options;
    this.logger.log(`Listening at port ${port} of ${host}, for ${workers} API processes`);
  }

  endOnSignals(): void {
    for (const signal of ENDING_SIGNALS) {
      process.on(signal, () => {
        if (this.signals.take(signal)) void this.end(0);
      });
    }
  }

  /** Lets everything be answered, then ends the workers, then this process. */
  private async end(exitCode: number): Promise<void> {
    if (this.isEnding) return;
    this.isEnding = true;
    this.signals.begin();
    const life = this.context?.get(ServerLife, { strict: false });
    const { shutdownGraceMs = 0, preStopDelayMs = 0 } = life?.options ?? {};
    const graceMs = preStopDelayMs + shutdownGraceMs;
    const endAt = performance.now() + graceMs;
    setTimeout(() => {
      this.logger.error(
        `Not closed within ${graceMs} ms: the process ends with what is unfinished.`,
      );
      this.abandon(1);
    }, graceMs + LAST_MS).unref();
    // Each of them waits for preStopDelayMs itself, and serves meanwhile.
    const stopped = this.processes.stop();
    // So long they tell clients on open connections to leave, and still get new ones.
    await sleep(preStopDelayMs + FAREWELL_MS);
    for (const server of this.ports.public) server.close();
    const isWhole = await stopped;
    if (!isWhole) this.logger.error('Not every API process could answer what it had.');
    for (const server of this.ports.admin) server.close();
    // What cut the others off, such as a call that hangs, would keep the workers as well.
    if (!isWhole && performance.now() >= endAt) this.abandon(1);
    await this.context?.close();
    process.exit(isWhole ? exitCode : 1);
  }

  private abandon(exitCode: number): never {
    this.processes.kill();
    process.exit(exitCode);
  }
}
