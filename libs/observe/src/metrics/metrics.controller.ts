import { Controller, Get, Res } from '@nestjs/common';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import { Infrastructure } from 'bentonest/serving';

/** The library's controller, described in the API document. */
@Controller()
export class MetricsController extends PrometheusController {
  @Get()
  @Infrastructure({
    summary: 'Metrics',
    responses: { 200: "Metrics in Prometheus' text format." },
  })
  override index(@Res({ passthrough: true }) reply: unknown): Promise<string> {
    return super.index(reply);
  }
}
