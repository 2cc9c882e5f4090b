import { RespawnPolicy } from 'bentonest/runner';
import { MountStartError } from '../mount.errors.js';
import { AppProcess } from './app-process.js';
import type { AppCommand } from './app-process.js';

export interface SupervisorOptions {
  /** Names the application in the log. */
  readonly name: string;
  readonly startTimeoutMs: number;
  readonly hangTimeoutMs: number;
  readonly graceMs: number;
}

/** Where the supervisor writes what happens. */
export interface SupervisorLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const PROBE_MS = 5_000;

/** Keeps a mounted application's process running: replaces one that died or hangs. */
export class AppSupervisor {
  private readonly policy = new RespawnPolicy();
  private process: AppProcess | undefined;
  private isReady = false;
  private isStopping = false;
  private respawnTimer: NodeJS.Timeout | undefined;
  /** Since when a request waits, and none was answered. */
  private silentSince: number | undefined;
  private watch: NodeJS.Timeout | undefined;

  constructor(
    private readonly command: AppCommand,
    private readonly options: SupervisorOptions,
    private readonly logger: SupervisorLog,
  ) {}

  /** It takes requests. */
  get isUp(): boolean {
    return this.isReady;
  }

  /** @throws MountStartError with the last line that the application printed. */
  async start(): Promise<void> {
    const { name, startTimeoutMs, hangTimeoutMs } = this.options;
    const process = this.spawn();
    const isReady = await process.untilReady(performance.now() + startTimeoutMs);
    if (isReady) {
      this.takeOver(process);
      this.watch = setInterval(() => void this.look(), Math.min(1000, hangTimeoutMs)).unref();
      return;
    }
    const why = process.isDead
      ? (process.lastLine ?? 'it ended without a word')
      : `it did not answer within ${startTimeoutMs} ms (startTimeoutMs)`;
    const cause = new Error(process.lastLines);
    await process.stop(0);
    throw new MountStartError(`The application "${name}" did not start: ${why}`, { cause });
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.isReady = false;
    clearTimeout(this.respawnTimer);
    clearInterval(this.watch);
    await this.process?.stop(this.options.graceMs);
  }

  /** To be called with each request: from now on it owes an answer. */
  asked(): void {
    this.silentSince ??= performance.now();
  }

  /** To be called with each answer, and with no 504 of ours: it lives. */
  answered(): void {
    this.silentSince = undefined;
  }

  private spawn(): AppProcess {
    const { name } = this.options;
    const process: AppProcess = new AppProcess(this.command, {
      onLine: (line) => this.logger.log(line),
      onExit: (reason) => {
        if (process !== this.process || process.isEnding) return;
        const wasReady = this.isReady;
        this.isReady = false;
        this.logger.warn(`${name} (pid ${process.pid}) died: ${reason}`);
        if (this.watch !== undefined) this.respawn(wasReady);
      },
    });
    this.process = process;
    return process;
  }

  private takeOver(process: AppProcess): void {
    this.isReady = true;
    this.silentSince = undefined;
    this.logger.log(`${this.options.name} is ready (pid ${process.pid})`);
  }

  private respawn(hadServed: boolean): void {
    if (this.isStopping) return;
    const { delayMs } = this.policy.afterDeath(performance.now(), hadServed);
    this.respawnTimer = setTimeout(() => void this.startAgain(), delayMs);
  }

  private async startAgain(): Promise<void> {
    const process = this.spawn();
    const isReady = await process.untilReady(performance.now() + this.options.startTimeoutMs);
    if (isReady && !process.isDead) this.takeOver(process);
    else process.kill();
  }

  /** A busy application answers now and then; one that answers nothing, and no probe either, hangs. */
  private async look(): Promise<void> {
    const { name, hangTimeoutMs } = this.options;
    const { process, silentSince = Infinity } = this;
    const isSilent = performance.now() - silentSince > hangTimeoutMs;
    if (!this.isReady || !isSilent || process === undefined) return;
    // The next look is not to probe beside this one.
    this.silentSince = undefined;
    if (await process.answers(Math.min(PROBE_MS, hangTimeoutMs))) return;
    if (process !== this.process || process.isDead || this.isStopping) return;
    this.logger.error(
      `${name} has not answered for ${hangTimeoutMs} ms (hangTimeoutMs): it is killed`,
    );
    process.kill();
  }
}
