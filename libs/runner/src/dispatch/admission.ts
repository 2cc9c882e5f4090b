import { CallAbortedError, RunnerOverloadedError } from '../runner.errors.js';
import type { BatchRuns } from './batch-runs.js';
import type { CallQueues } from './call-queues.js';
import { CallScope } from './call-scope.js';
import type { Call, PreparedCall } from './call.js';
import type { DispatcherOptions, LossReason } from './dispatcher.options.js';
import { forecastMs } from './forecast.js';
import type { MethodLoad } from './method-load.js';
import type { MethodLoads } from './method-loads.js';

/** Where calls wait and run. */
export interface Traffic {
  readonly loads: MethodLoads;
  readonly queues: CallQueues;
  readonly runs: BatchRuns;
}

/** Why a call is not run, or not to its end. */
export interface Loss {
  readonly reason: LossReason;
  readonly error: Error;
}

const allRows = ({ waitingRows }: MethodLoad): number => waitingRows;

/** Which calls are taken: those that can be answered in time. */
export class Admission {
  constructor(
    private readonly options: DispatcherOptions,
    private readonly traffic: Traffic,
  ) {}

  /** Refuses what need not be looked at: nobody waits for it, or there is no room. */
  refuseUnseen({ priority }: Call, signal: AbortSignal | undefined): Loss | undefined {
    const { loads, queues } = this.traffic;
    if (signal?.aborted) return this.aborted(signal.reason);
    const { current: scope } = CallScope;
    if (scope?.isAborted) return this.aborted(scope.reason);
    if (loads.waiting < this.options.maxQueue || queues.hasBelow(priority)) return undefined;
    return { reason: 'queue_full', error: this.queueFull() };
  }

  /** A call that finds the queue full takes the place of the last one of a lower priority. */
  oustedBy({ priority }: Call): Call | undefined {
    const { loads, queues } = this.traffic;
    return loads.waiting < this.options.maxQueue ? undefined : queues.lastBelow(priority);
  }

  queueFull(): Error {
    const { runner, maxQueue } = this.options;
    return RunnerOverloadedError.queueFull(runner, maxQueue);
  }

  aborted(cause: unknown): Loss {
    return { reason: 'aborted', error: new CallAbortedError(this.options.runner, { cause }) };
  }

  /**
   * A call that would miss its deadline is told so now.
   *
   * @throws RunnerOverloadedError
   */
  refuseHopeless(call: Call, { rows }: PreparedCall): void {
    const { loads, queues, runs } = this.traffic;
    // What was learned may be out of date: an idle worker takes any call that is no more than a batch.
    const isIdle = loads.waiting === 0 && runs.hasRoom;
    if (isIdle && rows <= this.options.maxBatchSize) return;
    const now = this.options.clock.now();
    // And a larger one where nothing was learned for as long as the call may take.
    if (isIdle && now - call.load.learnedAt >= call.timeoutMs) return;
    const budget = call.deadline - now;
    const predicted = this.forecast(call, rows, now, allRows) ?? -Infinity;
    if (predicted <= budget) return;
    const { priority } = call;
    // Not all that wait need be ahead of it.
    const least = queues.hasBelow(priority)
      ? (this.forecast(call, rows, now, (load) => queues.rowsFrom(priority, load)) ?? predicted)
      : predicted;
    if (least <= budget) return;
    call.lost = 'deadline';
    throw RunnerOverloadedError.deadline(this.options.runner, call.timeoutMs, least);
  }

  private forecast(
    { load }: Call,
    rows: number,
    now: number,
    rowsAhead: (load: MethodLoad) => number,
  ): number | undefined {
    const { loads, runs } = this.traffic;
    const { maxBatchSize } = this.options;
    const workers = runs.targets;
    return forecastMs(rows, {
      load,
      loads,
      rowsAhead,
      maxBatchSize,
      workers,
      freeInMs: runs.freeIn(now),
    });
  }
}
