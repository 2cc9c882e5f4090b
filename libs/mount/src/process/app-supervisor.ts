import { RespawnPolicy } from 'bentonest/runner';
import type { ProcessLife } from 'bentonest/runner';
import { MountStartError } from '../mount.errors.js';
import { AppProcess } from './app-process.js';
import type { AppCommand } from './app-process.js';
import type { LogLevel } from './log-levels.js';

export interface SupervisorOptions {
  /** Names the application in the log. */
  readonly name: string;
  readonly startTimeoutMs: number;
  readonly hangTimeoutMs: number;
  readonly graceMs: number;
  /** Called when the process that served has died. */
  readonly onDeath?: (() => void) | undefined;
}

/** Where the supervisor writes what happens, and what the application prints. */
export type SupervisorLog = Readonly<Record<LogLevel, (message: string) => void>>;

/** How an application is, for those who ask whether the server is ready. */
export interface AppStatus {
  /** As the options name it: `main:app`. */
  readonly name: string;
  /** `failed`: it does not start any more, and is tried again now and then. */
  readonly state: 'starting' | 'ready' | 'failed';
  /** Of the last death, in words that everybody may read. */
  readonly reason: string | undefined;
}

const PROBE_MS = 5_000;

/** Keeps a mounted application's process running: replaces one that died or hangs. */
export class AppSupervisor {
  private process: AppProcess | undefined;
  private state: AppStatus['state'] = 'starting';
  private reason: string | undefined;
  private isStopping = false;
  private respawnTimer: NodeJS.Timeout | undefined;
  /** Requests that it owes an answer. */
  private waiting = 0;
  /** Since when one waits, and none was answered. */
  private silentSince: number | undefined;
  /** When it last did something for anybody. */
  private heardAt = 0;
  private watch: NodeJS.Timeout | undefined;
  /** Of the process that serves, or served last. */
  private life: ProcessLife = {};

  constructor(
    private readonly command: AppCommand,
    private readonly options: SupervisorOptions,
    private readonly logger: SupervisorLog,
    private readonly policy: Pick<RespawnPolicy, 'afterDeath'> = new RespawnPolicy(),
  ) {}

  /** It takes requests. */
  get isUp(): boolean {
    return this.state === 'ready';
  }

  get status(): AppStatus {
    return { name: this.options.name, state: this.state, reason: this.reason };
  }

  /** @throws MountStartError with the error that the application printed. */
  async start(): Promise<void> {
    const { name, startTimeoutMs, hangTimeoutMs } = this.options;
    const process = this.spawn();
    const isReady = await process.untilReady(performance.now() + startTimeoutMs);
    if (isReady) {
      this.takeOver(process);
      this.watch = setInterval(() => void this.look(), Math.min(1000, hangTimeoutMs)).unref();
      return;
    }
    const { isDead, lastWords = 'it ended without a word' } = process;
    const why = isDead ? lastWords : this.explainLate(process);
    const cause = new Error(process.lastLines);
    await process.stop(0);
    throw new MountStartError(`The application "${name}" did not start: ${why}`, { cause });
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.state = 'starting';
    clearTimeout(this.respawnTimer);
    clearInterval(this.watch);
    await this.process?.stop(this.options.graceMs);
  }

  /** To be called with each request: from now on it owes an answer. */
  asked(): void {
    this.waiting++;
    this.silentSince ??= performance.now();
  }

  /** To be called with each answer of its own: it lives. What waits still begins to wait anew. */
  answered(): void {
    this.waiting--;
    this.progressed();
    if (this.isUp && !this.life.hasAnswered) this.life = { ...this.life, hasAnswered: true };
    this.silentSince = this.waiting > 0 ? performance.now() : undefined;
  }

  /** To be called with each piece of a body that it sends or takes: it lives, though all its threads are busy. */
  progressed(): void {
    this.heardAt = performance.now();
  }

  /** To be called for a request that nobody waits for any more; that it was not answered is not forgotten. */
  gaveUp(): void {
    this.waiting--;
  }

  private spawn(): AppProcess {
    const { name } = this.options;
    const process: AppProcess = new AppProcess(this.command, {
      onLine: (line, level) => this.logger[level](line),
      onExit: (reason) => {
        if (process !== this.process || process.isEnding) return;
        const wasReady = this.isUp;
        if (wasReady) {
          this.state = 'starting';
          this.options.onDeath?.();
        }
        this.logger.warn(`${name} (pid ${process.pid}) died: ${reason}`);
        if (this.watch === undefined) return;
        const { killedFor, lastWords } = process;
        this.reason = wasReady ? reason : (killedFor ?? failureOf(process) ?? reason);
        this.respawn(wasReady ? this.life : {}, killedFor ?? lastWords ?? reason);
      },
    });
    this.process = process;
    return process;
  }

  private takeOver(process: AppProcess): void {
    this.state = 'ready';
    this.reason = undefined;
    this.life = { readyAt: performance.now(), hasAnswered: false };
    this.silentSince = undefined;
    this.logger.log(`${this.options.name} is ready (pid ${process.pid})`);
  }

  private respawn(life: ProcessLife, reason: string): void {
    if (this.isStopping) return;
    const { delayMs, failed } = this.policy.afterDeath(performance.now(), life);
    if (failed) {
      this.state = 'failed';
      this.logger.error(
        `${this.options.name} does not start: ${reason}. It is tried again every ${delayMs / 1000} s.`,
      );
    }
    this.respawnTimer = setTimeout(() => void this.startAgain(), delayMs);
  }

  private async startAgain(): Promise<void> {
    const process = this.spawn();
    const isReady = await process.untilReady(performance.now() + this.options.startTimeoutMs);
    if (isReady && !process.isDead) this.takeOver(process);
    else process.kill(this.explainLate(process));
  }

  private explainLate({ hasListened }: AppProcess): string {
    const did = hasListened
      ? 'its socket takes connections, but it gave no answer that is HTTP'
      : 'nobody listened at its socket';
    return `${did} within ${this.options.startTimeoutMs} ms (startTimeoutMs)`;
  }

  /**
   * A busy application answers now and then, or goes on with a body; one that does neither, and answers no
   * probe, hangs.
   */
  private async look(): Promise<void> {
    const { name, hangTimeoutMs } = this.options;
    const { process, silentSince = Infinity } = this;
    const now = performance.now();
    const isSilent = now - Math.max(silentSince, this.heardAt) > hangTimeoutMs;
    if (!this.isUp || !isSilent || process === undefined) return;
    // The next look is not to probe beside this one.
    this.silentSince = undefined;
    if (await process.answers(Math.min(PROBE_MS, hangTimeoutMs))) return;
    if (process !== this.process || process.isDead || this.isStopping) return;
    if (this.heardAt > now) {
      this.silentSince ??= this.heardAt;
      return;
    }
    const reason = `it has not answered for ${hangTimeoutMs} ms (hangTimeoutMs)`;
    this.logger.error(`${name} is killed: ${reason}`);
    process.kill(reason);
  }
}

/** An error's own words may be anything, so that only the log has them. */
function failureOf({ lastError }: AppProcess): string | undefined {
  return lastError && `its start failed with ${lastError}, and the log says why`;
}
