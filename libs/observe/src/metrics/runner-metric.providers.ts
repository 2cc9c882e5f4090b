import type { Provider } from '@nestjs/common';
import { makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { makeBucketHistogramProvider } from './bucket-histogram.js';
import { DURATION_BUCKETS } from './buckets.js';

/** The first four have BentoML 1.x's names; `endpoint` is the runner's method, as it is there. */
export const RUNNER_METRICS = {
  total: 'bentoml_runner_request_total',
  duration: 'bentoml_runner_request_duration_seconds',
  inProgress: 'bentoml_runner_request_in_progress',
  batchSize: 'bentoml_runner_adaptive_batch_size',
  queueTime: 'bentonest_runner_queue_duration_seconds',
  queueDepth: 'bentonest_runner_queue_depth',
  lost: 'bentonest_runner_lost_calls_total',
  restarts: 'bentonest_runner_worker_restarts',
  workers: 'bentonest_runner_workers',
  perRow: 'bentonest_runner_latency_per_row_seconds',
  fixed: 'bentonest_runner_latency_fixed_seconds',
} as const;

const RUNNER = ['runner_name'];
const METHOD = ['runner_name', 'method_name'];
const CALL = ['runner_name', 'endpoint', 'http_response_code'];

const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

export const runnerMetricProviders: Provider[] = [
  makeCounterProvider({
    name: RUNNER_METRICS.total,
    help: 'Number of calls of a runner method that ended, refused ones included.',
    labelNames: CALL,
  }),
  makeBucketHistogramProvider({
    name: RUNNER_METRICS.duration,
    help: 'Time from a call to its end, queue included, in seconds.',
    labelNames: CALL,
    buckets: DURATION_BUCKETS,
  }),
  makeGaugeProvider({
    name: RUNNER_METRICS.inProgress,
    help: 'Number of calls that wait or run.',
    labelNames: METHOD,
  }),
  makeBucketHistogramProvider({
    name: RUNNER_METRICS.batchSize,
    help: 'Rows of a batch.',
    labelNames: METHOD,
    buckets: BATCH_BUCKETS,
  }),
  makeBucketHistogramProvider({
    name: RUNNER_METRICS.queueTime,
    help: 'Time that a call waited for its batch, in seconds.',
    labelNames: METHOD,
    buckets: DURATION_BUCKETS,
  }),
  makeGaugeProvider({
    name: RUNNER_METRICS.queueDepth,
    help: 'Number of calls that wait for a worker.',
    labelNames: METHOD,
  }),
  makeCounterProvider({
    name: RUNNER_METRICS.lost,
    help: 'Calls that were refused, timed out or aborted, by reason.',
    labelNames: [...METHOD, 'reason'],
  }),
  makeGaugeProvider({
    name: RUNNER_METRICS.restarts,
    help: 'Workers that died and were replaced, since the start.',
    labelNames: RUNNER,
  }),
  makeGaugeProvider({
    name: RUNNER_METRICS.workers,
    help: 'Workers that serve.',
    labelNames: RUNNER,
  }),
  makeGaugeProvider({
    name: RUNNER_METRICS.perRow,
    help: 'Learned time of a row in a batch, a of a·rows + b, in seconds.',
    labelNames: METHOD,
  }),
  makeGaugeProvider({
    name: RUNNER_METRICS.fixed,
    help: 'Learned fixed time of a batch, b of a·rows + b, in seconds.',
    labelNames: METHOD,
  }),
];
