import { Session } from 'node:inspector/promises';
import { NdArray } from 'bentonest/tensor';
import { Dispatcher, systemClock } from './internals.js';
import type { BatchTarget, Clock } from './internals.js';
import { summariseProfile } from './profile-summary.js';
import { median, rounded } from './statistics.js';

const CALLS_PER_RUN = 96_000;
const PROFILED_RUNS = 10;
const BATCH_SIZES = [1, 32];

interface CostRow {
  /** Calls that are made at once, and share a batch. */
  readonly batch: number;
  readonly usPerCall: number;
  /** The same number of promises that are settled at once. */
  readonly promiseUs: number;
  /** What settling them in the next turn of the event loop adds, where batches are started. */
  readonly turnUs: number;
  /** What the dispatcher adds to a plain promise. */
  readonly ownUs: number;
  /** The same with a clock that defers to a microtask: its code without the turn of the event loop. */
  readonly ownSameTurnUs: number;
}

type MakeCall = () => Promise<unknown>;

const sameTurnClock: Clock = { ...systemClock, defer: (callback) => queueMicrotask(callback) };

/** Time per call with a worker that answers at once: what is left is the dispatcher itself. */
export async function measureDispatcher(rounds: number): Promise<CostRow[]> {
  const rows: CostRow[] = [];
  for (const batch of BATCH_SIZES) {
    const subjects = {
      own: createCall(batch, systemClock),
      sameTurn: createCall(batch, sameTurnClock),
      plain: plainPromise,
      nextTurn: nextTurnPromise,
    };
    const runs: Record<keyof typeof subjects, number>[] = [];
    for (let round = -1; round < rounds; round++) {
      const run = {
        own: await usPerCall(subjects.own, batch),
        sameTurn: await usPerCall(subjects.sameTurn, batch),
        plain: await usPerCall(subjects.plain, batch),
        nextTurn: await usPerCall(subjects.nextTurn, batch),
      };
      // The first one is for the compiler.
      if (round >= 0) runs.push(run);
    }
    const medianOf = (pick: (run: (typeof runs)[number]) => number): number =>
      rounded(median(runs.map((run) => pick(run))));
    rows.push({
      batch,
      usPerCall: medianOf(({ own }) => own),
      promiseUs: medianOf(({ plain }) => plain),
      turnUs: medianOf(({ nextTurn, plain }) => nextTurn - plain),
      ownUs: medianOf(({ own, plain }) => own - plain),
      ownSameTurnUs: medianOf(({ sameTurn, plain }) => sameTurn - plain),
    });
  }
  return rows;
}

/** Where the time goes: self time by function, without the turn of the event loop, which is idle. */
export async function profileDispatcher(): Promise<object[]> {
  const rows: object[] = [];
  for (const batch of BATCH_SIZES) {
    const functions = await profileCalls(createCall(batch, sameTurnClock), batch);
    rows.push(...functions.map((row) => ({ batch, ...row })));
  }
  return rows;
}

async function profileCalls(subject: MakeCall, batch: number): Promise<object[]> {
  await usPerCall(subject, batch);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 100 });
  await session.post('Profiler.start');
  let us = 0;
  for (let run = 0; run < PROFILED_RUNS; run++) us += await usPerCall(subject, batch);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return summariseProfile(profile, us / PROFILED_RUNS);
}

async function usPerCall(makeCall: MakeCall, batch: number): Promise<number> {
  const calls: Promise<unknown>[] = Array.from({ length: batch });
  const startedAt = performance.now();
  for (let made = 0; made < CALLS_PER_RUN; made += batch) {
    for (let i = 0; i < batch; i++) calls[i] = makeCall();
    await Promise.all(calls);
  }
  return ((performance.now() - startedAt) / CALLS_PER_RUN) * 1000;
}

function createCall(batch: number, clock: Clock): MakeCall {
  const dispatcher = new Dispatcher({
    runner: 'bench',
    maxBatchSize: batch,
    maxLatencyMs: 0,
    maxQueue: 2048,
    timeoutMs: 60_000,
    hangTimeoutMs: 120_000,
    inFlight: 1,
    clock,
  });
  const methods = [{ name: 'predict', batchable: true, batchDim: [0, 0] as const }];
  dispatcher.describe(methods, (_method, args) => args);
  dispatcher.attach(instantTarget);
  const data = Float32Array.of(6.2, 3.2, 5.2, 2.2);
  return () => dispatcher.call('predict', [new NdArray('float32', data, [1, 4])]);
}

const instantTarget: BatchTarget = {
  run: ({ rows }) => Promise.resolve(new NdArray('float32', new Float32Array(rows), [rows])),
};

function plainPromise(): Promise<unknown> {
  return new Promise((resolve) => resolve(undefined));
}

const nextTurn = { waiting: [] as ((value: unknown) => void)[] };

function nextTurnPromise(): Promise<unknown> {
  return new Promise((resolve) => {
    if (nextTurn.waiting.push(resolve) > 1) return;
    setImmediate(() => {
      const { waiting } = nextTurn;
      nextTurn.waiting = [];
      for (const settle of waiting) settle(undefined);
    });
  });
}
