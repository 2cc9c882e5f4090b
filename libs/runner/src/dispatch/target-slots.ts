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
  /** When its last batch ended: with several in flight, the next one began then. */
  endedAt: number;
  onDrained: (() => void) | undefined;
}

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
    this.slots.push({ target, running: new Set(), freeAt: 0, endedAt: 0, onDrained: undefined });
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
