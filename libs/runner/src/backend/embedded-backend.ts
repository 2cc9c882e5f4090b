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

  constructor(private readonly given: BackendOptions) {}

  get isReady(): boolean {
    return this.current !== undefined;
  }

  async start(source: RunnableSource): Promise<void> {
    const { runner, dispatcher, argumentCheck } = this.given;
    const loaded = await this.load(source);
    const target = new EmbeddedTarget(runner, loaded);
    this.current = { loaded, target };
    dispatcher.describe(loaded.methods, argumentCheck(loaded.metadata));
    dispatcher.attach(target);
  }

  async reload(source: RunnableSource): Promise<void> {
    const { current: old } = this;
    await this.start(source);
    if (old === undefined) return;
    await this.given.dispatcher.drain(old.target);
    await old.loaded.instance.close?.();
  }

  scale(): Promise<void> {
    const why = 'it is embedded';
    return Promise.reject(new RunnerOptionsError(refuseScale(this.given.runner, why)));
  }

  hasLoaded(): boolean {
    return false;
  }

  async stop(): Promise<void> {
    await this.current?.loaded.instance.close?.();
  }

  private async load(source: RunnableSource): Promise<LoadedRunnable> {
    const { runner, options } = this.given;
    if (source.command !== undefined) {
      throw new RunnerOptionsError(
        `Runner "${runner}" cannot be embedded: its Runnable runs in a program of its own. Remove embedded: true.`,
      );
    }
    try {
      const loaded = await loadRunnable(source);
      await warmUp(runner, loaded, options.warmup);
      return loaded;
    } catch (cause) {
      throw new RunnerStartError(runner, String(cause), { cause });
    }
  }
}
