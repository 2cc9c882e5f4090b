import { BentoError } from 'bentonest/errors';
import type { Batch } from '../dispatch/batch.js';
import { packOrigins } from '../dispatch/call-origin.js';
import type { BatchTarget } from '../dispatch/target-slots.js';
import { runEmbeddedCalls } from '../runnable/current-calls.js';
import { RunnerFailedError } from '../runner.errors.js';
import { isHttpException } from '../wire/answer-frame.js';
import { isSeveral, passValues } from '../wire/values.js';
import type { LoadedRunnable } from '../worker/load-runnable.js';
import { runMethod } from '../worker/run-method.js';

const AsyncFunction = (async (): Promise<void> => {}).constructor;

/**
 * Runs batches in the API process: for tests and the smallest of deployments. Arguments, results and
 * errors are what they would be with a worker between.
 */
export class EmbeddedTarget implements BatchTarget {
  /** What runs, and how it is given up. */
  private readonly running = new Map<Batch, (error: Error) => void>();

  constructor(
    private readonly runner: string,
    private readonly loaded: LoadedRunnable,
  ) {}

  run(batch: Batch): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.running.set(batch, reject);
      void this.pass(batch)
        .then(resolve, reject)
        .finally(() => this.running.delete(batch));
    });
  }

  /** What hangs goes on, for nothing here can end it; others are served meanwhile. */
  terminate(reason: string): void {
    for (const [{ method }, reject] of this.running) {
      reject(new RunnerFailedError(this.runner, method.name, { cause: new Error(reason) }));
    }
    this.running.clear();
  }

  private async pass(batch: Batch): Promise<unknown> {
    const args = passValues(batch.args);
    const result = await this.call(batch, args);
    if (isSeveral(result)) return passValues(result);
    return passValues([result])[0];
  }

  private async call(batch: Batch, args: readonly unknown[]): Promise<unknown> {
    const method = batch.method.name;
    try {
      const isAsync = this.isAsync(method);
      const startedAt = performance.now();
      const result = await runEmbeddedCalls(packOrigins(batch.calls), { isAsync }, () =>
        runMethod(this.runner, this.loaded, { method, args }),
      );
      batch.worker = { pid: process.pid, runMs: performance.now() - startedAt };
      return result;
    } catch (cause) {
      if (cause instanceof BentoError || isHttpException(cause)) throw cause;
      throw new RunnerFailedError(this.runner, method, { cause });
    }
  }

  private isAsync(method: string): boolean {
    const instance = this.loaded.instance as Readonly<Record<string, unknown>>;
    return instance[method] instanceof AsyncFunction;
  }
}
