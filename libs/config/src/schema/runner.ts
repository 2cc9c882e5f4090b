import * as v from 'valibot';
import { flag, integer, key, milliseconds, record, text, texts } from './key.js';

const COUNT = integer(1, 1_000_000_000);
const WORKERS = v.union(
  [
    integer(1, 1024),
    v.strictObject({
      min: integer(1, 1024),
      max: integer(1, 1024),
      idleMs: v.optional(milliseconds()),
    }),
  ],
  'a whole number from 1 to 1024, or { min, max, idleMs }',
);
const REQUIREMENTS = v.union(
  // Any text would be the first reading of a list that is written with commas.
  [v.pipe(text(), v.regex(/^[^,[]+\.txt$/)), texts()],
  'a list of packages, or the path of a .txt file',
);
const GPU = v.union([v.number(), v.string()]);
const GPUS = v.array(v.union([GPU, v.array(GPU)]), 'a list of GPUs, or of lists of them');

/** What an operator may set of a runner, whatever its kind. */
const runnerKeys = v.strictObject(
  {
    model: key(text(), { description: 'Tag of the model, of runners that have one.' }),
    threads: key(integer(1, 1024), {
      description: 'Threads that one inference uses.',
      default: "(a worker's share of the cores)",
    }),
    executionProviders: key(texts(), {
      description:
        "onnxruntime's execution providers, in order of preference, of runners of ONNX models.",
      default: '(cpu)',
    }),
    python: key(text(), {
      description: 'Interpreter, of runners in Python.',
      default: '(python3, on Windows python)',
    }),
    requirements: key(REQUIREMENTS, {
      description:
        'Packages as pip takes them, or the path of a .txt file of them, of runners in Python.',
      default: '(what the interpreter has)',
    }),
    env: key(record(v.string('a text'), 'a section of variables and texts'), {
      description: "More variables for the workers' environment, of runners in Python.",
      isSecret: true,
      keepsCase: true,
    }),
    workers: key(WORKERS, {
      description: 'Worker processes, or bounds between which their number follows the load.',
      default: '(by the cores: docs/runners.md)',
    }),
    embedded: key(flag(), { description: 'Runs the Runnable in the API process.', default: false }),
    maxBatchSize: key(COUNT, { description: 'Largest batch, in rows.', default: 128 }),
    maxLatencyMs: key(milliseconds(0), {
      description: 'How long a call may take when its batch waits for more calls.',
      default: 0,
    }),
    batchesInFlight: key(integer(1, 64), {
      description: 'Batches that a worker is given at a time.',
      default: 1,
    }),
    maxQueue: key(COUNT, {
      description: 'Calls that may wait; those beyond get 503.',
      default: 2048,
    }),
    timeoutMs: key(milliseconds(), {
      description: 'Deadline of a call, for queue and execution together.',
      default: 60_000,
    }),
    hangTimeoutMs: key(milliseconds(), {
      description: 'A worker whose batch takes longer is killed.',
      default: '(twice timeoutMs)',
    }),
    startTimeoutMs: key(milliseconds(), {
      description: 'Time that a worker may take to load its model.',
      default: 300_000,
    }),
    warmup: key(integer(0, 10_000), {
      description: 'Times that a worker runs the example calls before it is ready.',
      default: 1,
    }),
    maxRssMb: key(COUNT, {
      description: 'A worker above this resident memory, in MiB, is replaced.',
    }),
    maxHeapMb: key(COUNT, { description: 'JavaScript heap of a worker, in MiB.' }),
    maxCalls: key(COUNT, { description: 'A worker is replaced after so many calls.' }),
    gpus: key(GPUS, {
      description: 'GPUs for the workers, in turn.',
      default: '(all that the server sees)',
    }),
  },
  'a section with the options of a runner',
);

export type RunnerConfig = v.InferOutput<typeof runnerKeys>;

export const runnersKey = {
  runners: v.optional(record(runnerKeys, "a section for each runner, by the runner's name")),
};
