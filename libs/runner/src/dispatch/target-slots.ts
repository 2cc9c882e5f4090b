import type { Batch } from './batch.js';

/** What runs batches: a worker process, or the Runnable itself where it is embedded. */
export interface BatchTarget {
  /** Rejects with RunnerWorkerLostError when the target is gone, and is then not used again. */
  run(batch: Batch): Promise<unknown>;
  /** Nobody waits for this batch any more: the target skips it if it has not begun. */
  cancel?(batch: Batch): void;
  /** Ends a target that hangs; its batches reject with RunnerWorkerLostError. */
  terminate?(reason: string): void;
}

/** A batch that a target runs. */
export interface RunningBatch {
  readonly batch: Batch;
  readonly slot: TargetSlot;
  readonly startedAt: number;
  /** Calls of it that somebody still waits for. */
  live: number;
}

/** A target and what runs in it. */
export interface TargetSlot {
  readonly target: BatchTarget;
  readonly running: Set<RunningBatch>;
  /** When it will have finished what it runs, as predicted. */
  freeAt: number;
  /** How long its batches take, of what is expected: 2 for a target that is half as fast as all are. */
  pace: number;
  /** When its last batch ended: with several in flight, the next one began then. */
  endedAt: number;
  onDrained: (() => void) | undefined;
}

/** Batches over which a target's pace is averaged. */
const PACE_MEMORY = 8;
/** One batch tells no more than this. */
const MAX_PACE = 8;

/** The targets of a dispatcher: which of them gets the next batch. */
export class TargetSlots {
  private readonly slots: TargetSlot[] = [];

  constructor(private readonly inFlight: number) {}

  get size(): number {
    return this.slots.length;
  }

  get busy(): number {
    return this.slots.filter(({ running }) => running.size > 0).length;
  }

  add(target: BatchTarget): void {
    const running = new Set<RunningBatch>();
    this.slots.push({ target, running, freeAt: 0, pace: 1, endedAt: 0, onDrained: undefined });
  }

  /** The target gets nothing more; what runs in it goes on. */
  remove(target: BatchTarget): TargetSlot | undefined {
    const index = this.slots.findIndex((slot) => slot.target === target);
    return index === -1 ? undefined : this.slots.splice(index, 1)[0];
  }

  /** Whether a batch could be started now. */
  get hasRoom(): boolean {
    for (const { running } of this.slots) if (running.size < this.inFlight) return true;
    return false;
  }

  /** The target with room that will be free first; of idle ones, the one that has rested longest. */
  next(): TargetSlot | undefined {
    let best: TargetSlot | undefined;
    for (const slot of this.slots) {
      if (slot.running.size >= this.inFlight) continue;
      if (best === undefined || isFreeBefore(slot, best)) best = slot;
    }
    return best;
  }

  /** Notes how long a batch took: it matters where there are several targets. */
  observe(slot: TargetSlot, ms: number, expectedMs: number): void {
    if (expectedMs <= 0) return;
    const ratio = Math.min(MAX_PACE, Math.max(1 / MAX_PACE, ms / expectedMs));
    slot.pace += (ratio - slot.pace) / PACE_MEMORY;
  }

  /** Milliseconds until the first target is free, as predicted. */
  freeIn(now: number): number {
    let earliest = Infinity;
    for (const { running, freeAt } of this.slots) {
      earliest = Math.min(earliest, running.size === 0 ? now : Math.max(now, freeAt));
    }
    return earliest === Infinity ? 0 : earliest - now;
  }
}

function isFreeBefore(a: TargetSlot, b: TargetSlot): boolean {
  if (a.running.size === 0 && b.running.size === 0) return a.endedAt < b.endedAt;
  if (a.running.size === 0 || b.running.size === 0) return a.running.size === 0;
  return a.freeAt < b.freeAt;
}
