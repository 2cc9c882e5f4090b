import { Registry } from 'prom-client';
import type { Metric } from 'prom-client';
import type { CollectedMetric } from './collected-metric.js';

export const TEXT = 'text/plain';
export const OPEN_METRICS = 'application/openmetrics-text';

/** A document for Prometheus to read. */
export interface RenderedMetrics {
  readonly contentType: string;
  readonly text: string;
}

/** Writes metrics in Prometheus' text format, or in OpenMetrics, which has exemplars. */
export async function renderMetrics(
  metrics: readonly CollectedMetric[],
  format: typeof TEXT | typeof OPEN_METRICS,
): Promise<RenderedMetrics> {
  // A registry of its own: to write OpenMetrics, prom-client renames the counters of the registry.
  const registry = new Registry();
  const isOpen = format === OPEN_METRICS;
  if (isOpen) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  for (const [index, metric] of metrics.entries()) {
    const name = isOpen ? familyOf(metric) : metric.name;
    const written = { ...metric, name };
    // It asks no more of a metric than these; the name here is only its key.
    registry.registerMetric({ name: String(index), get: () => written } as unknown as Metric);
  }
  return { contentType: registry.contentType, text: await registry.metrics() };
}

/** OpenMetrics has the counter `x_total` in a family `x`, and prom-client adds the ending. */
function familyOf({ name, type }: CollectedMetric): string {
  return type === 'counter' ? name.replace(/_total$/, '') : name;
}
