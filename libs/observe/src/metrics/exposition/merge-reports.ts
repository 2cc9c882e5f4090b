import { AggregatorRegistry } from 'prom-client';
import type { Exemplar } from '../bucket-histogram.js';
import { isOfProcess } from './collected-metric.js';
import type { CollectedMetric, CollectedValue } from './collected-metric.js';

/** What one process has counted. */
export interface ProcessReport {
  /** Its name among the processes. */
  readonly process: string;
  readonly metrics: readonly CollectedMetric[];
}

/**
 * The metrics of several processes as one: values are summed, or what their metric's `aggregator` says;
 * prom-client's default metrics stay apart, by a label `process`. Quantiles of summaries, which cannot
 * be joined, are left out.
 */
export function mergeReports(reports: readonly ProcessReport[]): CollectedMetric[] {
  const shared = reports.map(({ metrics }) =>
    metrics.filter((metric) => !isOfProcess(metric)).map((metric) => withoutQuantiles(metric)),
  );
  const merged = AggregatorRegistry.aggregate(shared).getMetricsAsArray();
  return [
    ...withExemplars(merged as unknown as CollectedMetric[], shared.flat()),
    ...labelByProcess(reports),
  ];
}

function withoutQuantiles(metric: CollectedMetric): CollectedMetric {
  if (metric.type !== 'summary') return metric;
  return { ...metric, values: metric.values.filter(({ labels }) => labels.quantile === undefined) };
}

/** prom-client drops them; of each series the latest is kept. */
function withExemplars(
  merged: readonly CollectedMetric[],
  all: readonly CollectedMetric[],
): CollectedMetric[] {
  const latest = new Map<string, Exemplar>();
  for (const { name, values } of all) {
    for (const value of values) {
      const { exemplar } = value;
      if (!exemplar) continue;
      const key = keyOf(name, value);
      if (exemplar.timestamp >= (latest.get(key)?.timestamp ?? 0)) latest.set(key, exemplar);
    }
  }
  if (latest.size === 0) return [...merged];
  return merged.map((metric) => ({
    ...metric,
    values: metric.values.map((value) => ({
      ...value,
      exemplar: latest.get(keyOf(metric.name, value)) ?? null,
    })),
  }));
}

function keyOf(name: string, { metricName = name, labels }: CollectedValue): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([metricName, sorted]);
}

function labelByProcess(reports: readonly ProcessReport[]): CollectedMetric[] {
  const byName = new Map<string, CollectedMetric>();
  for (const { process, metrics } of reports) {
    for (const metric of metrics.filter((each) => isOfProcess(each))) {
      const labelled = metric.values.map((value) => ({
        ...value,
        labels: { ...value.labels, process },
      }));
      const known = byName.get(metric.name)?.values ?? [];
      byName.set(metric.name, { ...metric, values: [...known, ...labelled] });
    }
  }
  return [...byName.values()];
}
