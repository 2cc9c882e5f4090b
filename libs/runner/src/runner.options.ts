import { RunnerOptionsError } from './runner.errors.js';

/** Options that every kind of runner has. */
export interface RunnerOptions {
  /**
   * Worker processes, each with its own copy of the model: a number, or bounds between which their
   * number follows the load.
   *
   * @default 1 where one call uses several threads (`threads`, by default all cores but one); else as
   * many as leave one of the container's cores free, at most 4; one for each of `gpus`
   */
  workers?: number | WorkerBounds;
  /**
   * Runs the Runnable in the API process, without workers: an inference blocks its event loop and a
   * native crash ends it. For tests and the smallest of deployments. Calls are batched all the same.
   *
   * @default false
   */
  embedded?: boolean;
  /**
   * Largest batch, in rows along the batch dimension. A call with more rows is split and joined again.
   *
   * @default 128
   */
  maxBatchSize?: number;
  /**
   * How long a call may take, in milliseconds, when its batch waits for more calls. A batch waits only
   * where, by what was learned of the method's latency, a fuller one raises throughput. 0: a free
   * worker takes at once what is there.
   *
   * @default 0
   */
  maxLatencyMs?: number;
  /**
   * Batches that a worker is given at a time. With 2 the next one is in the worker when it finishes,
   * which helps where tensors are large and cores are free; batches get smaller by it.
   *
   * @default 1
   */
  batchesInFlight?: number;
  /**
   * Calls that may wait; those beyond are refused with 503 and Retry-After.
   *
   * @default 2048
   */
  maxQueue?: number;
  /**
   * Deadline of a call, for queue and execution together, in milliseconds.
   *
   * @default 60000
   */
  timeoutMs?: number;
  /**
   * A worker whose batch takes longer than this, in milliseconds, hangs: it is killed and replaced.
   *
   * @default twice timeoutMs
   */
  hangTimeoutMs?: number;
  /**
   * Time that a worker may take to load its model, in milliseconds.
   *
   * @default 300000
   */
  startTimeoutMs?: number;
  /**
   * Times that a worker runs the Runnable's example calls before it is ready; 0: none.
   *
   * @default 1
   */
  warmup?: number;
  /** A worker above this resident memory, in MiB, is replaced without losing a call. @default none */
  maxRssMb?: number;
  /** Size of the JavaScript heap of a worker, in MiB (Node's --max-old-space-size). @default Node's */
  maxHeapMb?: number;
  /** A worker is replaced after so many calls, without losing one. @default none */
  maxCalls?: number;
  /**
   * GPUs for the workers, in turn: each sees one of them (CUDA_VISIBLE_DEVICES). A group of several
   * is written as a list.
   *
   * @default all that the server sees
   */
  gpus?: readonly (number | string | readonly (number | string)[])[];
}

/** Between how many workers a runner may have. */
export interface WorkerBounds {
  readonly min: number;
  readonly max: number;
  /** A worker that is not needed for this long, in milliseconds, is ended. @default 30000 */
  readonly idleMs?: number;
}

type Limits = Pick<RunnerOptions, 'maxRssMb' | 'maxHeapMb' | 'maxCalls'>;

export interface ResolvedRunnerOptions
  extends Readonly<Omit<Required<RunnerOptions>, keyof Limits | 'workers'>>, Readonly<Limits> {
  readonly workers: WorkerBounds;
}

/**
 * Fills in the defaults.
 *
 * @throws RunnerOptionsError naming the option, for a number that is not a positive integer, and for
 * what an embedded runner cannot hold.
 */
export function resolveRunnerOptions(name: string, options: RunnerOptions): ResolvedRunnerOptions {
  const { workers = 1, timeoutMs = 60_000 } = options;
  const bounds = typeof workers === 'number' ? { min: workers, max: workers } : workers;
  const resolved = {
    workers: bounds,
    embedded: options.embedded ?? false,
    maxBatchSize: options.maxBatchSize ?? 128,
    maxLatencyMs: options.maxLatencyMs ?? 0,
    batchesInFlight: options.batchesInFlight ?? 1,
    maxQueue: options.maxQueue ?? 2048,
    timeoutMs,
    hangTimeoutMs: options.hangTimeoutMs ?? 2 * timeoutMs,
    startTimeoutMs: options.startTimeoutMs ?? 300_000,
    warmup: options.warmup ?? 1,
    maxRssMb: options.maxRssMb,
    maxHeapMb: options.maxHeapMb,
    maxCalls: options.maxCalls,
    gpus: options.gpus ?? [],
  };
  if (resolved.embedded) refuseForWorkers(name, options);
  const { gpus: _gpus, workers: _workers, ...numbers } = resolved;
  checkNumbers(name, { ...numbers, 'workers.min': bounds.min, 'workers.max': bounds.max });
  if (bounds.min > bounds.max) {
    throw new RunnerOptionsError(
      `Option workers of runner "${name}" must have min <= max, got min ${bounds.min} and max ${bounds.max}.`,
      { details: { runner: name, option: 'workers' } },
    );
  }
  return resolved;
}

const OF_WORKERS = ['gpus', 'maxRssMb', 'maxHeapMb', 'maxCalls'] as const;

function refuseForWorkers(name: string, options: RunnerOptions): void {
  const option = OF_WORKERS.find((each) => options[each] !== undefined);
  if (option === undefined) return;
  throw new RunnerOptionsError(
    `Option ${option} of runner "${name}" is for worker processes, and it is embedded. Remove ${option}, or embedded: true.`,
    { details: { runner: name, option } },
  );
}

const MAY_BE_ZERO: readonly string[] = ['maxLatencyMs', 'warmup'];

function checkNumbers(name: string, options: Readonly<Record<string, unknown>>): void {
  for (const [option, value] of Object.entries(options)) {
    if (typeof value === 'boolean' || value === undefined) continue;
    const least = MAY_BE_ZERO.includes(option) ? 0 : 1;
    if (Number.isInteger(value) && (value as number) >= least) continue;
    const expected = least === 0 ? 'an integer from 0' : 'a positive integer';
    const shown = option.startsWith('workers.') ? 'workers' : option;
    throw new RunnerOptionsError(
      `Option ${shown} of runner "${name}" must be ${expected}, got ${JSON.stringify(value)}.`,
      { details: { runner: name, option: shown } },
    );
  }
}
