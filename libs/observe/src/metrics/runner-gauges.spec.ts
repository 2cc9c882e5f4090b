import type { RunnerRegistry, RunnerStatus } from 'bentonest/runner';
import { Gauge } from 'prom-client';
import { expect, it } from 'vitest';
import { RunnerGauges } from './runner-gauges.js';

const STATUS: RunnerStatus = {
  name: 'iris',
  state: 'ready',
  workers: [{ pid: 1, state: 'ready', calls: 0 }],
  restarts: 2,
  waiting: 3,
  pending: 5,
  methods: [
    { name: 'predict', waiting: 3, waitingRows: 7, running: 2, latency: { a: 1, b: 2000 } },
    { name: 'unknown', waiting: 0, waitingRows: 0, running: 0, latency: undefined },
  ],
};

const gauge = (name: string, ...labelNames: string[]): Gauge =>
  new Gauge({ name, help: name, labelNames: ['runner_name', ...labelNames], registers: [] });

it('shows depths by method, and asks for the statuses once for all gauges of a collection', async () => {
  const gauges = {
    inProgress: gauge('in_progress', 'method_name'),
    queueDepth: gauge('queue_depth', 'method_name'),
    restarts: gauge('restarts'),
    workers: gauge('workers'),
    perRow: gauge('per_row', 'method_name'),
    fixed: gauge('fixed', 'method_name'),
  };
  let asked = 0;
  const registry = {
    get statuses(): RunnerStatus[] {
      asked++;
      return [STATUS];
    },
  } as unknown as RunnerRegistry;
  new RunnerGauges(gauges).add(registry);
  const collect = async (): Promise<unknown> =>
    Promise.all(
      Object.values(gauges).map(async (each) =>
        (await each.get()).values.map(({ value }) => value),
      ),
    );
  expect(await collect()).toEqual([[5, 0], [3, 0], [2], [1], [0.001], [2]]);
  expect(asked).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await collect()).toEqual([[5, 0], [3, 0], [2], [1], [0.001], [2]]);
  expect(asked).toBe(2);
});
