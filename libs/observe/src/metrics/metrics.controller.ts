import { Controller, Get, Headers, Res } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { Infrastructure } from 'bentonest/serving';
import type { FastifyReply } from 'fastify';
import { MetricsExposition } from './exposition/metrics-exposition.js';

/** Metrics for Prometheus; of a server of several processes those of all, whichever is asked. */
@Controller()
export class MetricsController {
  constructor(private readonly exposition: MetricsExposition) {}

  @Get()
  @Infrastructure({
    summary: 'Metrics',
    address: 'operators-first',
    responses: {
      200: "Metrics in Prometheus' text format, or in OpenMetrics where that is accepted.",
    },
  })
  async index(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { contentType, text } = await this.exposition.read(accept);
    reply.header('content-type', contentType);
    return text;
  }
}

/** A controller for one application: the library writes the path to the class. */
export function createMetricsController(): Type {
  const { name } = MetricsController;
  return { [name]: class extends MetricsController {} }[name];
}
