import type { MethodStatus, RunnerRegistry, RunnerStatus } from 'bentonest/runner';
import type { Gauge } from 'prom-client';
import { whenCollected } from './event-counter.js';

export interface GaugeMetrics {
  readonly inProgress: Gauge;
  readonly queueDepth: Gauge;
  readonly restarts: Gauge;
  readonly workers: Gauge;
  readonly perRow: Gauge;
  readonly fixed: Gauge;
}

/** What is so at the moment of collection: depths, workers, and what was learned of latencies. */
export class RunnerGauges {
  private readonly registries = new Set<RunnerRegistry>();
  private collected: readonly RunnerStatus[] | undefined;

  constructor({ inProgress, queueDepth, restarts, workers, perRow, fixed }: GaugeMetrics) {
    this.showMethods(inProgress, ({ waiting, running }) => waiting + running);
    this.showMethods(queueDepth, ({ waiting }) => waiting);
    this.show(restarts, (status) => status.restarts);
    this.show(workers, (status) => status.workers.filter(({ state }) => state === 'ready').length);
    this.showLatencies(perRow, 'a');
    this.showLatencies(fixed, 'b');
  }

  /** The runners of an application. */
  add(registry: RunnerRegistry): void {
    this.registries.add(registry);
  }

  remove(registry: RunnerRegistry): void {
    this.registries.delete(registry);
  }

  private show(gauge: Gauge, read: (status: RunnerStatus) => number): void {
    whenCollected(gauge, () => {
      gauge.reset();
      for (const status of this.statuses) {
        gauge.labels({ runner_name: status.name }).inc(read(status));
      }
    });
  }

  /** A method has its series from its first call on. */
  private showMethods(gauge: Gauge, read: (status: MethodStatus) => number): void {
    whenCollected(gauge, () => {
      gauge.reset();
      for (const { name, methods } of this.statuses) {
        for (const method of methods) {
          gauge.labels({ runner_name: name, method_name: method.name }).inc(read(method));
        }
      }
    });
  }

  private showLatencies(gauge: Gauge, coefficient: 'a' | 'b'): void {
    whenCollected(gauge, () => {
      gauge.reset();
      for (const { name, methods } of this.statuses) {
        for (const method of methods) {
          if (method.latency === undefined) continue;
          const labels = { runner_name: name, method_name: method.name };
          gauge.labels(labels).set(method.latency[coefficient] / 1000);
        }
      }
    });
  }

  /** Made once for all gauges of a collection, which is done when the event loop turns. */
  private get statuses(): readonly RunnerStatus[] {
    if (this.collected === undefined) {
      this.collected = [...this.registries].flatMap(({ statuses }) => statuses);
      setImmediate(() => (this.collected = undefined));
    }
    return this.collected;
  }
}
