import { Inject, Injectable, Optional } from '@nestjs/common';
import { negotiate } from 'bentonest/serving';
import { METRICS_SHARING } from '../sharing/metrics-member.js';
import type { MetricsMember } from '../sharing/metrics-member.js';
import { collectMetrics } from './collected-metric.js';
import { OPEN_METRICS, TEXT, renderMetrics } from './render-metrics.js';
import type { RenderedMetrics } from './render-metrics.js';

/** The metrics of the server, whichever of its processes is asked. */
@Injectable()
export class MetricsExposition {
  @Optional() @Inject(METRICS_SHARING) private readonly member?: MetricsMember;

  /**
   * In OpenMetrics where the `Accept` header of a request prefers it, else in Prometheus' text format.
   *
   * @throws MetricsUnavailableError when other processes of the server cannot be asked.
   */
  async read(accept?: string): Promise<RenderedMetrics> {
    const metrics = await (this.member?.collect() ?? collectMetrics());
    const format = negotiate(accept, [TEXT, OPEN_METRICS]);
    return renderMetrics(metrics, format === OPEN_METRICS ? OPEN_METRICS : TEXT);
  }
}
