import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { BentoError } from 'bentonest/errors';
import { WORKER_CHANNEL } from '../runner.channels.js';
import type { WorkerEvent } from '../runner.channels.js';
import { RunnerOptionsError } from '../runner.errors.js';
import { RunnerGateway } from '../gateway/runner-gateway.js';
import { overrideOptions } from '../runner.definition.js';
import type { RunnerDefinition, RunnerOverrides } from '../runner.definition.js';
import type { RunnerHost } from '../runner-host.js';
import type { RunnerOptions } from '../runner.options.js';
import type { RunnerStatus } from '../runner-status.js';
import type { RunnerSharing } from '../sharing/runner-sharing.js';
import { isExplained, startErrorFields } from './start-error.js';

/** Options of the runners together. */
export interface RunnerRegistryOptions {
  /**
   * `background`: the port opens at once and /readyz answers 503 until every model is loaded; calls
   * wait meanwhile, and a model that does not load ends the process; embedded runners are awaited all
   * the same. `wait`: `app.init()` and
   * `app.listen()` resolve when every model is loaded, and reject when one does not load.
   *
   * @default 'background'
   */
  startup?: 'background' | 'wait';
  /** What is set of runners, by their names, outside of the code that registers them. */
  overrides?: Readonly<Record<string, RunnerOverrides>>;
}

/** All runners of an application: starts and stops them with it, and tells how they are. */
@Injectable()
export class RunnerRegistry implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Runners');
  private readonly hosts = new Map<string, RunnerHost>();
  private readonly definitions = new Map<string, RunnerDefinition>();

  private readonly gateway = new RunnerGateway();
  private gatewayPaths: Promise<Readonly<Record<string, string>>> | undefined;
  private isLate = false;

  constructor(
    private readonly options: RunnerRegistryOptions = {},
    /** Where the server has several processes. */
    readonly sharing?: RunnerSharing,
  ) {}

  /** @throws RunnerOptionsError when another runner has the name. */
  add(host: RunnerHost): void {
    if (this.hosts.has(host.name)) {
      throw new RunnerOptionsError(
        `Runner "${host.name}" is registered twice. Register it in one forFeature and import that module where it is used, or rename one.`,
      );
    }
    this.hosts.set(host.name, host);
  }

  /** @throws RunnerOptionsError for an override that the runner does not have. */
  configure(definition: RunnerDefinition): RunnerDefinition {
    const { overrides = {} } = this.options;
    const { name } = definition;
    this.definitions.set(name, definition);
    return Object.hasOwn(overrides, name)
      ? overrideOptions(definition, overrides[name] ?? {})
      : definition;
  }

  /** What the code says of each runner, by name. */
  get given(): Readonly<Record<string, RunnerOptions>> {
    const definitions = [...this.definitions];
    return Object.fromEntries(definitions.map(([name, each]) => [name, each.given ?? each]));
  }

  get names(): readonly string[] {
    return [...this.hosts.keys()];
  }

  get statuses(): readonly RunnerStatus[] {
    return [...this.hosts.values()].map(({ status }) => status);
  }

  /**
   * Sockets by which other processes of the application call the runners, by the runners' names. They
   * are opened when they are first asked for, and closed with the application.
   */
  openGateway(): Promise<Readonly<Record<string, string>>> {
    this.gatewayPaths ??= this.gateway.open([...this.hosts.values()]);
    return this.gatewayPaths;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.refuseUnknownOverrides();
    subscribe(WORKER_CHANNEL, this.logWorkerEvent);
    const hosts = [...this.hosts.values()];
    const isAwaited = (host: RunnerHost): boolean =>
      this.options.startup === 'wait' || host.isEmbedded;
    const others = hosts.filter((host) => !isAwaited(host)).map((host) => this.start(host));
    Promise.all(others).catch((error: unknown) => this.endProcess(error));
    await Promise.all(hosts.filter((host) => isAwaited(host)).map((host) => this.start(host)));
  }

  /** Nobody awaits what starts in the background: the process ends, as with any error at start. */
  private endProcess(error: unknown): void {
    const { logger } = this;
    if (error instanceof BentoError) logger.fatal(error.message, startErrorFields(error));
    else logger.fatal(error instanceof Error ? error.message : String(error));
    // Who listens to what nobody catches, such as a test runner, is to hear of it.
    const isHeard = process.listenerCount('uncaughtException') > 0;
    if (isExplained(error) && !isHeard) process.exit(1);
    queueMicrotask(() => rethrow(error));
  }

  /** The process is about to end, and the workers end with it: the shutdown is not to wait for what they run. */
  endWithProcess(): void {
    this.isLate = true;
  }

  async onApplicationShutdown(): Promise<void> {
    const stopped = Promise.all([...this.hosts.values()].map((host) => host.stop()));
    if (!this.isLate) await stopped;
    this.gateway.close();
    unsubscribe(WORKER_CHANNEL, this.logWorkerEvent);
  }

  private readonly logWorkerEvent = (message: unknown): void => {
    const { runner, pid, event, reason } = message as WorkerEvent;
    if (!this.hosts.has(runner)) return;
    if (event === 'died') this.logger.warn(`Worker ${pid} of ${runner} died: ${reason}`);
    if (event === 'recycled') this.logger.log(`Worker ${pid} of ${runner} is replaced: ${reason}`);
    if (event === 'replacement-failed') {
      this.logger.error(`A worker of ${runner} could not be replaced: ${reason}`);
    }
  };

  /** An override of a runner that is not there is a slip of the pen. */
  private refuseUnknownOverrides(): void {
    const unknown = Object.keys(this.options.overrides ?? {}).find((name) => !this.hosts.has(name));
    if (unknown === undefined) return;
    throw new RunnerOptionsError(
      `The configuration sets runners.${unknown}, but the application has no runner "${unknown}". There are: ${this.names.join(', ') || 'none'}.`,
      { details: { runner: unknown } },
    );
  }

  private async start(host: RunnerHost): Promise<void> {
    const startedAt = performance.now();
    await host.start();
    if (host.status.state !== 'ready') return;
    const pids = host.status.workers.map(({ pid }) => pid).join(', ');
    const where = pids === '' ? 'embedded' : `worker ${pids}`;
    this.logger.log(
      `${host.name} is ready (${where}) +${(performance.now() - startedAt).toFixed(0)}ms`,
    );
  }
}

function rethrow(error: unknown): never {
  throw error;
}
