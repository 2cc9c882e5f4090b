import { RunnerOptionsError, RunnerStartError } from '../runner.errors.js';
import { EmbeddedTarget } from '../transport/embedded-target.js';
import { loadRunnable } from '../worker/load-runnable.js';
import type { LoadedRunnable, RunnableSource } from '../worker/load-runnable.js';
import { warmUp } from '../worker/warm-up.js';
import { refuseScale } from './runner-backend.js';
import type { BackendOptions, RunnerBackend } from './runner-backend.js';

interface Embedded {
  readonly loaded: LoadedRunnable;
  readonly target: EmbeddedTarget;
}

/** The Runnable in the API process. */
export class EmbeddedBackend implements RunnerBackend {
  readonly failure = undefined;
  readonly workers = [];
  readonly restarts = 0;
  private current: Embedded | undefined;
  private isStopped = false;

  constructor(private readonly given: BackendOptions) {}

  get isReady(): boolean {
    return this.current !== undefined;
  }

  async start(source: RunnableSource): Promise<void> {
    const { runner, dispatcher, argumentCheck } = this.given;
    const loaded = await this.load(source);
    if (this.isStopped) {
      await loaded.instance.close?.();
      return;
    }
    const target = new EmbeddedTarget(runner, loaded);
    this.current = { loaded, target };
    dispatcher.describe(loaded.methods, argumentCheck(loaded.metadata), loaded.metadata);
    dispatcher.attach(target);
  }

  async reload(source: RunnableSource): Promise<void> {
    const { current: old } = this;
    await this.start(source);
    if (old === undefined || this.isStopped) return;
    await this.given.dispatcher.drain(old.target);
    await old.loaded.instance.close?.();
  }

  checkScale(): never {
    throw refuseScale(this.given.runner, 'it is embedded');
  }

  scale(): Promise<void> {
    return Promise.resolve();
  }

  hasLoaded(): boolean {
    return false;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.current?.loaded.instance.close?.();
  }

  private async load(source: RunnableSource): Promise<LoadedRunnable> {
    const { runner, options } = this.given;
    if (source.command !== undefined) {
      throw new RunnerOptionsError(
        `Runner "${runner}" cannot be embedded: its Runnable runs in a program of its own. Remove embedded: true.`,
      );
    }
    let loaded: LoadedRunnable | undefined;
    try {
      loaded = await loadRunnable(source);
      await warmUp(runner, loaded, options.warmup);
      return loaded;
    } catch (cause) {
      await loaded?.instance.close?.();
      throw new RunnerStartError(runner, String(cause), { cause });
    }
  }
}
