import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import { RunnerRegistry } from 'bentonest/runner';
import type { MethodStatus, RunnerStatus } from 'bentonest/runner';
import type { Gauge } from 'prom-client';
import { RUNNER_METRICS } from './runner-metric.providers.js';

/** What is so at the moment of collection: depths, workers, and what was learned of latencies. */
@Injectable()
export class RunnerGauges implements OnApplicationBootstrap {
  @InjectMetric(RUNNER_METRICS.inProgress) private readonly inProgress: Gauge;
  @InjectMetric(RUNNER_METRICS.queueDepth) private readonly queueDepth: Gauge;
  @InjectMetric(RUNNER_METRICS.restarts) private readonly restarts: Gauge;
  @InjectMetric(RUNNER_METRICS.workers) private readonly workers: Gauge;
  @InjectMetric(RUNNER_METRICS.perRow) private readonly perRow: Gauge;
  @InjectMetric(RUNNER_METRICS.fixed) private readonly fixed: Gauge;

  constructor(private readonly runners: RunnerRegistry) {}

  onApplicationBootstrap(): void {
    this.readMethods(this.inProgress, ({ waiting, running }) => waiting + running);
    this.readMethods(this.queueDepth, ({ waiting }) => waiting);
    this.readWhenCollected(this.restarts, ({ restarts }) => restarts);
    this.readWhenCollected(
      this.workers,
      ({ workers }) => workers.filter(({ state }) => state === 'ready').length,
    );
    this.readMethods(this.perRow, ({ latency }) => latency && latency.a / 1000);
    this.readMethods(this.fixed, ({ latency }) => latency && latency.b / 1000);
  }

  private readWhenCollected(gauge: Gauge, read: (status: RunnerStatus) => number): void {
    const collect = (): void => {
      for (const status of this.runners.statuses) {
        gauge.labels({ runner_name: status.name }).set(read(status));
      }
    };
    Object.assign(gauge, { collect });
  }

  /** A method has its series from its first call on, and what is not known of it is not told. */
  private readMethods(gauge: Gauge, read: (status: MethodStatus) => number | undefined): void {
    const collect = (): void => {
      for (const { name, methods } of this.runners.statuses) {
        for (const method of methods) {
          const value = read(method);
          const labels = { runner_name: name, method_name: method.name };
          if (value !== undefined) gauge.labels(labels).set(value);
        }
      }
    };
    Object.assign(gauge, { collect });
  }
}
