import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { BentoError } from 'bentonest/errors';
import { logSettings, onLogSettings } from '../log/log-settings.js';
import { RunnerStartError, RunnerWorkerLostError } from '../runner.errors.js';
import { WorkerLink } from '../transport/worker-link.js';
import type { WorkerCommand } from '../worker/load-runnable.js';
import type { ProcessLife } from './respawn-policy.js';
import type { InitMessage, MessageFromWorker, MessageToWorker } from '../worker/messages.js';

/** What a process sent before it exited arrives within this time, in milliseconds. */
const LAST_WORDS_MS = 500;

const WORKER_MAIN = new URL('../worker/main.js', import.meta.url);

/** starting → ready → draining (finishes what it runs) → stopping → dead. */
export type WorkerState = 'starting' | 'ready' | 'draining' | 'stopping' | 'dead';

export interface WorkerEvents {
  readonly onReady: (worker: WorkerProcess, link: WorkerLink) => void;
  /** Called once. `reason` says for the log why a worker ended that should not have. */
  readonly onDead: (worker: WorkerProcess, reason: RunnerStartError | string) => void;
}

export interface WorkerProcessOptions {
  /** Its number among the workers of the pool. */
  readonly index: number;
  readonly startTimeoutMs: number;
  readonly command?: WorkerCommand | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Node's own arguments; undefined: as this process has them. */
  readonly execArgv: readonly string[] | undefined;
}

/** One worker process from its fork to its end. */
export class WorkerProcess {
  state: WorkerState = 'starting';
  /** It is asked to end: its death is no loss. */
  isEnding = false;
  /** It gets calls. */
  isAttached = false;
  link: WorkerLink | undefined;
  /** It has answered a call, of this process or of another. */
  hasAnswered = false;
  private readyAt: number | undefined;
  readonly index: number;
  /** On the clock of performance.now(). */
  readonly spawnedAt = performance.now();
  private readonly child: ChildProcess;
  private readonly stopFollowing: () => void;
  private startTimer: NodeJS.Timeout | undefined;
  private failure: RunnerStartError | undefined;
  private deathReason: string | undefined;

  constructor(
    private readonly init: Omit<InitMessage, 'log'>,
    private readonly events: WorkerEvents,
    options: WorkerProcessOptions,
  ) {
    const { startTimeoutMs } = options;
    this.index = options.index;
    this.child = startChild(options);
    this.child.on('message', (message: MessageFromWorker) => this.receive(message));
    this.child.on('error', (error) => this.end(error.message));
    this.child.on('exit', (code, signal) => this.endExited(describeExit(code, signal)));
    this.send({ ...init, log: logSettings() });
    this.stopFollowing = onLogSettings(({ level }) => this.send({ type: 'log-level', level }));
    this.startTimer = setTimeout(() => {
      this.fail(`it was not ready within ${startTimeoutMs} ms (startTimeoutMs).`);
      this.kill();
    }, startTimeoutMs).unref();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get life(): ProcessLife {
    const { readyAt, hasAnswered } = this;
    return { readyAt, hasAnswered };
  }

  get socketPath(): string {
    return this.init.socketPath;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  startDraining(): void {
    this.state = 'draining';
    this.isEnding = true;
  }

  /** Asks the process to end, kills it after `graceMs`, and resolves when it is gone. */
  stop(graceMs: number): Promise<void> {
    if (this.state === 'dead') return Promise.resolve();
    this.state = 'stopping';
    this.isEnding = true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.kill(), graceMs);
      this.child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      this.send({ type: 'stop' });
    });
  }

  private send(message: MessageToWorker): void {
    if (this.child.connected) this.child.send(message);
  }

  private receive(message: MessageFromWorker): void {
    if (message.type === 'failed') this.fail(message.reason);
    else void this.connect();
  }

  private async connect(): Promise<void> {
    try {
      const { runner, socketPath } = this.init;
      const link = await WorkerLink.open(runner, socketPath, {
        onLost: () => this.kill(),
        onHang: (reason) => this.endHung(reason),
        onFirstAnswer: () => (this.hasAnswered = true),
      });
      clearTimeout(this.startTimer);
      if (this.state !== 'starting') {
        link.close();
        return;
      }
      this.state = 'ready';
      this.readyAt = performance.now();
      this.link = link;
      this.events.onReady(this, link);
    } catch (error) {
      this.fail(describeLostConnection(error));
      this.kill();
    }
  }

  private fail(reason: string): void {
    const cause = new Error(firstLine(reason));
    cause.stack = reason;
    this.failure ??= new RunnerStartError(this.init.runner, firstLine(reason), { cause });
  }

  /** Ends a worker that does not answer; `reason` is for the log. */
  endHung(reason: string): void {
    this.deathReason = `${reason}, and it was killed (SIGKILL)`;
    this.kill();
  }

  /** A worker that cannot load says why and exits: the exit may be heard first. */
  private endExited(reason: string): void {
    if (this.state !== 'starting' || !this.child.connected) {
      this.end(reason);
      return;
    }
    const timer = setTimeout(() => this.end(reason), LAST_WORDS_MS);
    this.child.once('disconnect', () => {
      clearTimeout(timer);
      this.end(reason);
    });
  }

  /** Whichever of the events comes first ends the worker, once. */
  private end(reason: string): void {
    if (this.state === 'dead') return;
    this.state = 'dead';
    clearTimeout(this.startTimer);
    this.stopFollowing();
    this.link?.lose(reason);
    this.events.onDead(this, this.failure ?? this.deathReason ?? reason);
  }
}

function startChild({ command, env, execArgv }: WorkerProcessOptions): ChildProcess {
  const environment = { ...process.env, ...env, ...command?.env };
  if (command === undefined) {
    const inherited = execArgv === undefined ? {} : { execArgv: [...execArgv] };
    return fork(WORKER_MAIN, { ...inherited, env: environment });
  }
  // The program finds the channel, JSON in lines, at the descriptor that NODE_CHANNEL_FD names.
  return spawn(command.file, command.args, {
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGABRT' || code === 134)
    return 'it was aborted (SIGABRT), often for lack of memory';
  if (signal === 'SIGKILL') return 'it was killed (SIGKILL), by an operator or for lack of memory';
  return signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
}

/** Why it ended, which says more than that it did; of what is not ours, no path. */
function describeLostConnection(error: unknown): string {
  const reason = error instanceof RunnerWorkerLostError ? (error.cause ?? error) : error;
  if (reason instanceof BentoError) return reason.stack ?? reason.message;
  const { code = 'unknown' } = reason as NodeJS.ErrnoException;
  return `it could not be connected to (${code}).`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
