import type { WorkerLoad } from '../pool/pool.options.js';
import type {
  CallerLoad,
  MessageFromOwner,
  RunnerMessage,
  SharingChannel,
  MessageFromCaller,
} from './sharing.messages.js';

export type CallerChannel = SharingChannel<MessageFromOwner, MessageFromCaller>;

/**
 * The workers of one runner as other processes call them: who was told of which worker, and what they
 * ask of it.
 */
export class SharedWorkers {
  private readonly holders = new Map<string, Set<CallerChannel>>();
  private readonly loads = new Map<CallerChannel, CallerLoad>();
  private readonly whenReleased = new Map<string, () => void>();

  /** @param releaseMs how long a worker that is to end waits for those who call it: for their calls. */
  constructor(private readonly releaseMs: number) {}

  /** Notes that a process was told, and may call these workers from now on. */
  told(channel: CallerChannel, { workers }: RunnerMessage): void {
    for (const { socketPath } of workers) {
      const holders = this.holders.get(socketPath);
      if (holders === undefined) this.holders.set(socketPath, new Set([channel]));
      else holders.add(channel);
    }
  }

  noteLoad(channel: CallerChannel, load: CallerLoad): void {
    this.loads.set(channel, load);
  }

  /** That process runs nothing in the worker any more. */
  release(channel: CallerChannel, worker: string): void {
    const holders = this.holders.get(worker);
    if (holders === undefined) return;
    holders.delete(channel);
    if (holders.size > 0) return;
    this.holders.delete(worker);
    this.whenReleased.get(worker)?.();
  }

  /** A process is gone, with all that it held. */
  forget(channel: CallerChannel): void {
    this.loads.delete(channel);
    for (const worker of this.holders.keys()) this.release(channel, worker);
  }

  /** A worker that is gone is held by nobody. */
  forgetWorker(worker: string): void {
    this.holders.delete(worker);
    this.whenReleased.get(worker)?.();
  }

  /** Resolves when nobody runs anything in the worker; to be called when all were told to leave it. */
  released(worker: string): Promise<void> {
    if (!this.holders.has(worker)) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.whenReleased.delete(worker);
        resolve();
      };
      const timer = setTimeout(done, this.releaseMs);
      this.whenReleased.set(worker, done);
    });
  }

  /** What all processes together ask of the workers. */
  get load(): WorkerLoad {
    const loads = [...this.loads.values()];
    return {
      depth: loads.reduce((sum, { depth }) => sum + depth, 0),
      busy: new Set(loads.flatMap(({ busy }) => busy)).size,
    };
  }

  callsOf(worker: string): number {
    return [...this.loads.values()].reduce((sum, { calls }) => sum + (calls[worker] ?? 0), 0);
  }
}
