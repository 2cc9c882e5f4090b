import { Controller, Get, Headers, Inject, Optional, Res } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { Infrastructure, negotiate } from 'bentonest/serving';
import type { FastifyReply } from 'fastify';
import { collectMetrics } from './exposition/collected-metric.js';
import { OPEN_METRICS, TEXT, renderMetrics } from './exposition/render-metrics.js';
import { METRICS_SHARING } from './sharing/metrics-member.js';
import type { MetricsMember } from './sharing/metrics-member.js';

/** Metrics for Prometheus; of a server of several processes those of all, whichever is asked. */
@Controller()
export class MetricsController {
  constructor(@Optional() @Inject(METRICS_SHARING) private readonly member?: MetricsMember) {}

  @Get()
  @Infrastructure({
    summary: 'Metrics',
    responses: {
      200: "Metrics in Prometheus' text format, or in OpenMetrics where that is accepted.",
    },
  })
  async index(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const metrics = await (this.member?.collect() ?? collectMetrics());
    const format = negotiate(accept, [TEXT, OPEN_METRICS]) === OPEN_METRICS ? OPEN_METRICS : TEXT;
    const { contentType, text } = await renderMetrics(metrics, format);
    reply.header('content-type', contentType);
    return text;
  }
}

/** A controller for one application: the library writes the path to the class. */
export function createMetricsController(): Type {
  const { name } = MetricsController;
  return { [name]: class extends MetricsController {} }[name];
}
