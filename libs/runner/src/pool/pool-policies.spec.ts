import { describe, expect, it } from 'vitest';
import { resolveRunnerOptions } from '../runner.options.js';
import type { RunnerOptions } from '../runner.options.js';
import { ScalePolicy } from './scale-policy.js';
import { executionArguments, workerEnvironment } from './worker-environment.js';

describe('the number of workers', () => {
  const bounds = { min: 1, max: 3, idleMs: 5_000 };
  const busy = { depth: 4, busy: 1, workers: 1 };

  it('rises when calls have waited for a second with all workers busy, up to max', () => {
    const policy = new ScalePolicy(bounds);
    expect(policy.decide({ now: 0, ...busy })).toBe(1);
    expect(policy.decide({ now: 999, ...busy })).toBe(1);
    expect(policy.decide({ now: 1_000, ...busy })).toBe(2);
    expect(policy.decide({ now: 1_500, depth: 4, busy: 2, workers: 2 })).toBe(2);
    expect(policy.decide({ now: 2_000, depth: 4, busy: 2, workers: 2 })).toBe(3);
    expect(policy.decide({ now: 9_000, depth: 4, busy: 3, workers: 3 })).toBe(3);
  });

  it('does not rise for a peak, nor while a worker is free', () => {
    const policy = new ScalePolicy(bounds);
    policy.decide({ now: 0, ...busy });
    policy.decide({ now: 500, depth: 0, busy: 1, workers: 1 });
    expect(policy.decide({ now: 1_100, ...busy })).toBe(1);
    expect(policy.decide({ now: 2_050, depth: 2, busy: 0, workers: 1 })).toBe(1);
  });

  it('falls when a worker was idle for idleMs, down to min', () => {
    const policy = new ScalePolicy(bounds);
    expect(policy.decide({ now: 0, depth: 0, busy: 1, workers: 3 })).toBe(3);
    expect(policy.decide({ now: 5_000, depth: 0, busy: 1, workers: 3 })).toBe(2);
    expect(policy.decide({ now: 5_250, depth: 0, busy: 0, workers: 2 })).toBe(2);
    expect(policy.decide({ now: 10_000, depth: 0, busy: 0, workers: 2 })).toBe(1);
    expect(policy.decide({ now: 20_000, depth: 0, busy: 0, workers: 1 })).toBe(1);
  });
});

describe('a worker’s surroundings', () => {
  it('have one of the GPUs, in turn', () => {
    const gpu = (index: number, gpus: RunnerOptions['gpus'] = []): string | undefined =>
      workerEnvironment(index, gpus).CUDA_VISIBLE_DEVICES;
    expect([0, 1, 2].map((index) => gpu(index, [4, 'GPU-7']))).toEqual(['4', 'GPU-7', '4']);
    expect(
      gpu(1, [
        [0, 1],
        [2, 3],
      ]),
    ).toBe('2,3');
    expect(gpu(0)).toBeUndefined();
    expect(workerEnvironment(2, [])).toEqual({ BENTONEST_WORKER_INDEX: '2' });
  });

  it('have Node’s own arguments, without a debugger’s port, and their heap', () => {
    expect(executionArguments(['--enable-source-maps'], undefined)).toBeUndefined();
    expect(executionArguments(['--inspect=9229', '--no-warnings'], undefined)).toEqual([
      '--no-warnings',
    ]);
    expect(executionArguments(['--no-warnings', '--eval', 'code'], 64)).toEqual([
      '--no-warnings',
      '--max-old-space-size=64',
    ]);
  });
});

describe('options', () => {
  it('have defaults', () => {
    expect(resolveRunnerOptions('r', { timeoutMs: 100 })).toEqual({
      workers: { min: 1, max: 1 },
      embedded: false,
      maxBatchSize: 128,
      maxLatencyMs: 0,
      batchesInFlight: 1,
      maxQueue: 2048,
      timeoutMs: 100,
      hangTimeoutMs: 200,
      startTimeoutMs: 300_000,
      warmup: 1,
      maxRssMb: undefined,
      maxHeapMb: undefined,
      maxCalls: undefined,
      gpus: [],
    });
    expect(resolveRunnerOptions('r', { workers: { min: 1, max: 4 } }).workers.max).toBe(4);
  });

  it.each<[RunnerOptions, string]>([
    [{ workers: 0 }, 'Option workers of runner "r" must be a positive integer, got 0'],
    [{ workers: { min: 2, max: 1 } }, 'must have min <= max, got min 2 and max 1'],
    [{ workers: { min: 0, max: 1 } }, 'Option workers'],
    [{ maxBatchSize: 1.5 }, 'Option maxBatchSize'],
    [{ maxLatencyMs: -1 }, 'Option maxLatencyMs of runner "r" must be an integer from 0, got -1'],
    [{ batchesInFlight: 0 }, 'Option batchesInFlight'],
    [{ maxQueue: Number.NaN }, 'Option maxQueue'],
    [{ timeoutMs: 0 }, 'Option timeoutMs'],
    [{ hangTimeoutMs: -5 }, 'Option hangTimeoutMs'],
    [{ startTimeoutMs: '1' as never }, 'Option startTimeoutMs'],
    [{ warmup: -1 }, 'Option warmup'],
    [{ maxRssMb: 0 }, 'Option maxRssMb'],
    [{ maxHeapMb: 0 }, 'Option maxHeapMb'],
    [{ maxCalls: 0 }, 'Option maxCalls'],
  ])('that cannot be are named: %j', (options, message) => {
    expect(() => resolveRunnerOptions('r', options)).toThrow(message);
  });
});
