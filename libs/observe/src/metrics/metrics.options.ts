import { ServiceConfigurationError } from 'bentonest/errors';

/** Options of the metrics. */
export interface MetricsOptions {
  /**
   * What the names of BentoML's metrics begin with: `bentoml_api_server_request_total`,
   * `bentoml_runner_request_total`. Letters, digits and `_`.
   *
   * @default 'bentoml'
   */
  namespace?: string;
  /**
   * Upper bounds of the buckets of durations, in seconds, ascending.
   *
   * @default BentoML's: from 0.005 to 180
   */
  durationBuckets?: readonly number[];
  /** Collects prom-client's `process_…` and `nodejs_…`: memory, CPU, event loop. @default true */
  defaultMetrics?: boolean;
  /**
   * Keeps of each bucket of the requests' durations the last trace that fell into it, for scrapers that
   * accept OpenMetrics. Only requests whose trace is sampled have one.
   *
   * @default true
   */
  exemplars?: boolean;
  /** Where they are served, by GET. @default '/metrics' */
  path?: string;
}

export type ResolvedMetricsOptions = Readonly<Required<MetricsOptions>>;

/** BentoML 1.x's default buckets, in seconds. */
const DURATION_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120, 180,
];

const NAMESPACE = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** @throws ServiceConfigurationError for options that are none. */
export function resolveMetricsOptions({
  namespace = 'bentoml',
  durationBuckets = DURATION_BUCKETS,
  defaultMetrics = true,
  exemplars = true,
  path = '/metrics',
}: MetricsOptions = {}): ResolvedMetricsOptions {
  if (!NAMESPACE.test(namespace)) {
    refuse('namespace', 'letters, digits and _, not a digit first', namespace);
  }
  const isAscending = durationBuckets.every(
    (bound, at) => Number.isFinite(bound) && bound > (durationBuckets[at - 1] ?? 0),
  );
  if (durationBuckets.length === 0 || !isAscending) {
    refuse('durationBuckets', 'ascending seconds above 0', durationBuckets);
  }
  if (!/^\/[^\s?#:*]+$/.test(path)) refuse('path', 'a path such as /metrics', path);
  return { namespace, durationBuckets, defaultMetrics, exemplars, path };
}

function refuse(option: string, expected: string, given: unknown): never {
  throw new ServiceConfigurationError(
    `Expected ${option} of the metrics to be ${expected}, got ${JSON.stringify(given)}.`,
    { details: { option } },
  );
}
