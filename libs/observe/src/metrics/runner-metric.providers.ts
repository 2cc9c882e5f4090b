import type { Provider } from '@nestjs/common';
import { makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { makeBucketHistogramProvider } from './bucket-histogram.js';
import { counterOf } from './event-counter.js';
import { provideWithMetrics } from './metric-providers.js';
import type { ResolvedMetricsOptions } from './metrics.options.js';
import { RunnerGauges } from './runner-gauges.js';
import type { GaugeMetrics } from './runner-gauges.js';
import { RunnerMetrics } from './runner-metrics.js';
import type { CallMetrics } from './runner-metrics.js';

const RUNNER = ['runner_name'];
const METHOD = ['runner_name', 'method_name'];
const CALL = ['runner_name', 'endpoint', 'http_response_code'];

const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

type Names<Metrics> = Readonly<Record<keyof Metrics & string, string>>;

/** The metrics of runners, and what counts them. */
export function runnerMetricProviders(options: ResolvedMetricsOptions): Provider[] {
  return [...callProviders(options), ...gaugeProviders(options)];
}

function callProviders({ namespace, durationBuckets }: ResolvedMetricsOptions): Provider[] {
  // `endpoint` is the runner's method, as it is in BentoML.
  const names: Names<CallMetrics> = {
    total: `${namespace}_runner_request_total`,
    duration: `${namespace}_runner_request_duration_seconds`,
    batchSize: `${namespace}_runner_adaptive_batch_size`,
    queueTime: 'bentonest_runner_queue_duration_seconds',
    lost: 'bentonest_runner_lost_calls_total',
  };
  const buckets = [...durationBuckets];
  return [
    makeCounterProvider({
      name: names.total,
      help: 'Number of calls of a runner method that ended, refused ones included.',
      labelNames: CALL,
    }),
    makeBucketHistogramProvider({
      name: names.duration,
      help: 'Time from a call to its end, queue included, in seconds.',
      labelNames: CALL,
      buckets,
    }),
    makeBucketHistogramProvider({
      name: names.batchSize,
      help: 'Rows of a batch.',
      labelNames: METHOD,
      buckets: BATCH_BUCKETS,
    }),
    makeBucketHistogramProvider({
      name: names.queueTime,
      help: 'Time that a call waited for its batch, in seconds.',
      labelNames: METHOD,
      buckets,
    }),
    makeCounterProvider({
      name: names.lost,
      help: 'Calls that were refused, timed out or aborted, by reason.',
      labelNames: [...METHOD, 'reason'],
    }),
    provideWithMetrics<CallMetrics>(RunnerMetrics, names, (metrics) =>
      counterOf(metrics.duration, () => new RunnerMetrics(metrics)),
    ),
  ];
}

/** Of several API processes: what each has is summed, and what all see of the same workers is not. */
function gaugeProviders({ namespace }: ResolvedMetricsOptions): Provider[] {
  const names: Names<GaugeMetrics> = {
    inProgress: `${namespace}_runner_request_in_progress`,
    queueDepth: 'bentonest_runner_queue_depth',
    restarts: 'bentonest_runner_worker_restarts',
    workers: 'bentonest_runner_workers',
    perRow: 'bentonest_runner_latency_per_row_seconds',
    fixed: 'bentonest_runner_latency_fixed_seconds',
  };
  return [
    makeGaugeProvider({
      name: names.inProgress,
      help: 'Number of calls that wait or run.',
      labelNames: METHOD,
    }),
    makeGaugeProvider({
      name: names.queueDepth,
      help: 'Number of calls that wait for a worker.',
      labelNames: METHOD,
    }),
    makeGaugeProvider({
      name: names.restarts,
      help: 'Workers that died and were replaced, since the start.',
      labelNames: RUNNER,
      aggregator: 'max',
    }),
    makeGaugeProvider({
      name: names.workers,
      help: 'Workers that serve.',
      labelNames: RUNNER,
      aggregator: 'max',
    }),
    makeGaugeProvider({
      name: names.perRow,
      help: 'Learned time of a row in a batch, a of a·rows + b, in seconds.',
      labelNames: METHOD,
      aggregator: 'average',
    }),
    makeGaugeProvider({
      name: names.fixed,
      help: 'Learned fixed time of a batch, b of a·rows + b, in seconds.',
      labelNames: METHOD,
      aggregator: 'average',
    }),
    provideWithMetrics<GaugeMetrics>(RunnerGauges, names, (metrics) =>
      counterOf(metrics.inProgress, () => new RunnerGauges(metrics)),
    ),
  ];
}
