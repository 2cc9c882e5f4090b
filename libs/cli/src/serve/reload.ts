import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tell } from '../output/tell.js';
import { build } from './build.js';
import type { Entry } from './entry.js';
import type { ListenAddress } from './listen-check.js';

const APPLICATION = fileURLToPath(new URL('./application.js', import.meta.url));
/** Editors write a file in several steps, and several files at once. */
const SETTLE_MS = 150;
/** Above shutdownGraceMs of BentoModule, 10 s, after which an application ends by itself. */
const GRACE_MS = 12_000;
const IGNORED = /(^|[\\/])(node_modules|\.git|dist|coverage|__pycache__)([\\/]|$)|~$|\.swp$/;

/** Serves, and builds and starts again whenever a source changes, until a signal comes. */
export async function serveWithReload(entry: Entry, asked: ListenAddress): Promise<void> {
  const server = new ReloadingServer(entry, asked);
  const stop = (signal: NodeJS.Signals): void => server.stop(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.exitCode = await server.run();
}

class ReloadingServer {
  private child?: ChildProcess;
  private stopping?: NodeJS.Signals;
  private changed = false;
  private wake: () => void = () => {};
  private readonly building = new AbortController();

  constructor(
    private readonly entry: Entry,
    private readonly asked: ListenAddress,
  ) {}

  /** Resolves with the exit code, after a signal. */
  async run(): Promise<number> {
    const watcher = watch(
      this.entry.sources ?? dirname(this.entry.file),
      { recursive: true },
      (_event, name) => {
        if (name !== null && IGNORED.test(name)) return;
        this.changed = true;
        this.wake();
      },
    );
    while (this.stopping === undefined) {
      // What runs answers until what replaces it is built.
      if (await this.isBuilt()) {
        await this.end('SIGTERM');
        this.start();
      }
      await this.untilChanged();
    }
    watcher.close();
    return this.end(this.stopping);
  }

  stop(signal: NodeJS.Signals): void {
    // A second signal is for the application, which then ends at once.
    if (this.stopping !== undefined) this.child?.kill(signal);
    this.stopping = signal;
    this.building.abort();
    this.wake();
  }

  /** A build that fails leaves what runs alone: its cause is on the terminal. */
  private async isBuilt(): Promise<boolean> {
    this.changed = false;
    if (this.entry.sources === undefined) return true;
    try {
      await build(this.entry, this.building.signal);
      return this.stopping === undefined;
    } catch (error) {
      if (this.stopping === undefined) tell(`${(error as Error).message} Waiting for a change.`);
      return false;
    }
  }

  private start(): void {
    if (this.stopping !== undefined) return;
    const child = fork(APPLICATION, [this.entry.file, JSON.stringify(this.asked)], {
      cwd: this.entry.root,
      // Ctrl-C reaches every process of a terminal's group; the application is to get it once.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.once('exit', (code, signal) => {
      if (this.stopping !== undefined || this.child !== child) return;
      this.child = undefined;
      tell(`The application ended (${signal ?? `exit code ${code}`}). Waiting for a change.`);
    });
    this.child = child;
  }

  /** Ends the application as a shutdown does, and by force after a while. */
  private async end(signal: NodeJS.Signals): Promise<number> {
    const { child } = this;
    if (child === undefined) return 0;
    if (child.exitCode === null && child.signalCode === null) {
      const force = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      const exited = once(child, 'exit');
      // Before it has ended, so that its end is not told as news; after a signal, it is still to get a second one.
      if (this.stopping === undefined) this.child = undefined;
      child.kill(signal);
      await exited;
      clearTimeout(force);
    }
    return child.exitCode ?? 128 + constants.signals[child.signalCode ?? 'SIGKILL'];
  }

  /** Until something has changed, and then nothing for a moment. */
  private async untilChanged(): Promise<void> {
    while (!this.changed && this.stopping === undefined) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    while (this.changed && this.stopping === undefined) {
      this.changed = false;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    }
  }
}
