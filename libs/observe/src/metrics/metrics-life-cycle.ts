import { Inject, Injectable, Optional } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { RunnerRegistry } from 'bentonest/runner';
import { RequestMetrics } from './request-metrics.js';
import { RunnerGauges } from './runner-gauges.js';
import { RunnerMetrics } from './runner-metrics.js';
import { METRICS_SHARING } from './sharing/metrics-member.js';
import type { MetricsMember } from './sharing/metrics-member.js';

/** Has an application's events counted while it runs. */
@Injectable()
export class MetricsLifeCycle implements OnApplicationBootstrap, OnApplicationShutdown {
  private isOn = false;

  @Optional() @Inject(METRICS_SHARING) private readonly member?: MetricsMember;

  constructor(
    private readonly requests: RequestMetrics,
    private readonly calls: RunnerMetrics,
    private readonly gauges: RunnerGauges,
    private readonly runners: RunnerRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.isOn = true;
    this.requests.acquire();
    this.calls.acquire();
    this.calls.expect(this.runners.names);
    this.gauges.add(this.runners);
    await this.member?.start();
  }

  /** Not where the application did not come to start. */
  async onApplicationShutdown(): Promise<void> {
    if (!this.isOn) return;
    this.isOn = false;
    this.requests.release();
    this.calls.release();
    this.gauges.remove(this.runners);
    await this.member?.stop();
  }
}
