import { BentoError } from 'bentonest/errors';
import { NdArray, concat } from 'bentonest/tensor';
import type { Batch } from '../dispatch/batch.js';
import { packOrigins } from '../dispatch/call-origin.js';
import type { BatchTarget } from '../dispatch/target-slots.js';
import { runEmbeddedCalls } from '../runnable/current-calls.js';
import { RunnerFailedError } from '../runner.errors.js';
import { TensorChunks } from '../wire/tensor-chunks.js';
import { groupOf, toGroupValue } from '../wire/tensor-group.js';
import type { OutgoingTensor } from '../wire/tensor-group.js';
import type { LoadedRunnable } from '../worker/load-runnable.js';
import { runMethod } from '../worker/run-method.js';

const AsyncFunction = (async (): Promise<void> => {}).constructor;

/** Runs batches in the API process: for tests and the smallest of deployments. */
export class EmbeddedTarget implements BatchTarget {
  constructor(
    private readonly runner: string,
    private readonly loaded: LoadedRunnable,
  ) {}

  async run(batch: Batch): Promise<unknown> {
    const method = batch.method.name;
    const args = batch.args.map((arg) => joinChunks(arg));
    const startedAt = performance.now();
    try {
      const isAsync = this.isAsync(method);
      const result = await runEmbeddedCalls(packOrigins(batch.calls), { isAsync }, () =>
        runMethod(this.runner, this.loaded, { method, args }),
      );
      batch.worker = { pid: process.pid, runMs: performance.now() - startedAt };
      return result;
    } catch (cause) {
      if (cause instanceof BentoError) throw cause;
      throw new RunnerFailedError(this.runner, method, { cause });
    }
  }

  private isAsync(method: string): boolean {
    const instance = this.loaded.instance as Readonly<Record<string, unknown>>;
    return instance[method] instanceof AsyncFunction;
  }
}

function joinChunks(value: unknown): unknown {
  if (value instanceof TensorChunks) return joinTensor(value);
  const group = groupOf(value);
  if (group === undefined) return value;
  return toGroupValue(
    group.kind,
    group.tensors.map(([name, tensor]) => [name, joinTensor(tensor)]),
  );
}

function joinTensor(tensor: OutgoingTensor): NdArray {
  if (tensor instanceof NdArray) return tensor;
  const { dtype, shape, chunks } = tensor;
  const flat = chunks.map((data) => new NdArray(dtype, data, [data.length]));
  return new NdArray(dtype, concat(flat).data, shape);
}
