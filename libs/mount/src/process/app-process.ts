import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { rmSync } from 'node:fs';
import { request } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { LogLevels } from './log-levels.js';
import type { LogLevel } from './log-levels.js';
import { splitLines } from './split-lines.js';

/** What starts an application. */
export interface AppCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly socketPath: string;
}

export interface AppEvents {
  /** A line of its output, and how serious it is. */
  readonly onLine: (line: string, level: LogLevel) => void;
  /** Called once. */
  readonly onExit: (reason: string) => void;
}

const POLL_MS = 50;
const PROBE_TIMEOUT_MS = 5_000;
/** Time for what was printed last, once the process has ended. */
const LAST_OUTPUT_MS = 500;
/** Lines of its last words. */
const LAST_LINES = 40;
/** How Python ends a traceback: `RuntimeError: no database`, `sqlalchemy.exc.OperationalError: …`. */
const ERROR = /^([\w.]*(?:Error|Exception|Exit))(?:: |$)/;

/** One process of a mounted application, from its start to its end. */
export class AppProcess {
  /** It is asked to end: its death is no loss. */
  isEnding = false;
  isDead = false;
  /** Somebody was there at its socket, though perhaps not with HTTP. */
  hasListened = false;
  /** What we have killed it for. */
  killedFor: string | undefined;
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly lines: string[] = [];
  private readonly exited: Promise<void>;

  constructor(
    private readonly command: AppCommand,
    events: AppEvents,
  ) {
    const { file, args, cwd, env, socketPath } = command;
    // What a process that was killed has left.
    rmSync(socketPath, { force: true });
    // A group of its own: a terminal's ^C is for us, and its end takes along what it has started. Its
    // standard input tells it that we live.
    this.child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    // A process that is gone needs no telling.
    this.child.stdin.on('error', () => undefined);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      const levels = new LogLevels();
      splitLines(stream, (line) => {
        this.lines.push(line);
        if (this.lines.length > LAST_LINES) this.lines.shift();
        events.onLine(line, levels.next(line));
      });
    }
    this.exited = new Promise((resolve) => {
      const end = (reason: string): void => {
        if (this.isDead) return;
        this.isDead = true;
        events.onExit(reason);
        resolve();
      };
      this.child.on('error', ({ code }: NodeJS.ErrnoException) =>
        end(`it could not be run (${code})`),
      );
      // After the last of its output.
      this.child.on('close', (code, signal) => {
        if (signal === null) end(`it exited with code ${code}`);
        else end(this.killedFor ?? `it was ended by ${signal}`);
      });
      this.child.on('exit', () => this.dropOthers());
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** What it said last of an error, which servers follow with lines of their own; else its last line. */
  get lastWords(): string | undefined {
    const lines = this.lines.filter((line) => line.trim() !== '');
    return lines.findLast((line) => ERROR.test(line)) ?? lines.at(-1);
  }

  /** The class of the error in its last words. */
  get lastError(): string | undefined {
    return ERROR.exec(this.lastWords ?? '')?.[1];
  }

  get lastLines(): string {
    return this.lines.join('\n');
  }

  /** Whether it answers HTTP before `deadline`, on the clock of performance.now(). */
  async untilReady(deadline: number): Promise<boolean> {
    while (!this.isDead && performance.now() < deadline) {
      if (await this.answers(Math.min(PROBE_TIMEOUT_MS, deadline - performance.now()))) return true;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return false;
  }

  /** Whether it answers any request, with whatever status: a socket alone may be nobody's yet. */
  answers(timeoutMs: number): Promise<boolean> {
    const { socketPath } = this.command;
    return new Promise((resolve) => {
      const probe = request({
        socketPath,
        path: '/-/bentonest-probe',
        method: 'HEAD',
        headers: { host: 'localhost', connection: 'close', 'user-agent': 'bentonest' },
        // For all of it: one that sends a byte now and then has not answered.
        signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
      });
      probe.on('socket', (socket) => socket.once('connect', () => (this.hasListened = true)));
      probe.on('response', (response) => {
        response.resume();
        resolve(true);
      });
      probe.on('error', () => resolve(false));
      probe.end();
    });
  }

  kill(reason?: string): void {
    this.killedFor = reason;
    this.signal('SIGKILL');
  }

  /** Asks it to end, and kills it after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.isEnding = true;
    if (!this.isDead) this.signal('SIGTERM');
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.exited;
    clearTimeout(timer);
  }

  /** Its workers must not hold the socket of the next, and its output ends with it. */
  private dropOthers(): void {
    this.signal('SIGKILL');
    const { stdout, stderr } = this.child;
    // One that has left its group may keep them open.
    setTimeout(() => [stdout, stderr].map((stream) => stream.destroy()), LAST_OUTPUT_MS).unref();
  }

  private signal(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      // None of its group is left.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
