import { register } from 'prom-client';
import { isCheaplyCollected } from '../event-counter.js';
import type { Exemplar } from '../bucket-histogram.js';

/** A metric and its values, as prom-client collects it: plain data, that other processes can be sent. */
export interface CollectedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** How values of several processes become one. */
  readonly aggregator: string;
  readonly values: readonly CollectedValue[];
}

export interface CollectedValue {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Where it is not the metric's: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
  readonly exemplar?: Exemplar | null;
}

/** All metrics of this process. */
export async function collectMetrics(): Promise<CollectedMetric[]> {
  return (await register.getMetricsAsJSON()) as unknown as CollectedMetric[];
}

/** Those that only grow, without the process's own, and without those whose collection may take time. */
export async function collectTotals(): Promise<CollectedMetric[]> {
  const metrics = register.getMetricsAsArray() as unknown as readonly (CollectedMetric & {
    readonly collect?: unknown;
    get(): Promise<CollectedMetric>;
  })[];
  const wanted = metrics.filter((metric) => isTotal(metric) && isCheaplyCollected(metric));
  return Promise.all(wanted.map((metric) => metric.get()));
}

/** prom-client's default metrics, which tell of one process. */
export function isOfProcess({ name }: CollectedMetric): boolean {
  return name.startsWith('process_') || name.startsWith('nodejs_');
}

/** What goes on counting when the process that counted has ended. */
export function isTotal(metric: CollectedMetric): boolean {
  return metric.type !== 'gauge' && !isOfProcess(metric);
}

export function encodeMetrics(metrics: readonly CollectedMetric[]): string {
  return JSON.stringify(metrics, (_key, value: unknown) =>
    // JSON has no other numbers.
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

export function decodeMetrics(text: string): CollectedMetric[] {
  const metrics = JSON.parse(text) as (Omit<CollectedMetric, 'values'> & {
    readonly values: EncodedValue[];
  })[];
  return metrics.map((metric) => ({
    ...metric,
    values: metric.values.map((value) => ({ ...value, value: Number(value.value) })),
  }));
}

type EncodedValue = Omit<CollectedValue, 'value'> & { readonly value: string | number };
