import { RemoteError } from 'bentonest/errors';
import type { RemotePool, OwnerContact } from './remote-pool.js';
import type {
  Change,
  MessageFromCaller,
  MessageFromOwner,
  RunnerMessage,
  SharingChannel,
} from './sharing.messages.js';

const REPORT_MS = 250;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The runners of a process that calls workers of another one. */
export class RunnersCaller implements OwnerContact {
  private readonly pools = new Map<string, RemotePool>();
  /** What was told of runners that this process has not got yet. */
  private readonly states = new Map<string, RunnerMessage>();
  private readonly changes = new Map<number, Waiting>();
  private nextRequest = 1;

  constructor(private readonly channel: SharingChannel<MessageFromCaller, MessageFromOwner>) {
    channel.onMessage((message) => this.receive(message));
    const timer = setInterval(() => this.reportLoads(), REPORT_MS).unref();
    channel.onClose(() => clearInterval(timer));
  }

  add(runner: string, pool: RemotePool): void {
    this.pools.set(runner, pool);
    const state = this.states.get(runner);
    if (state !== undefined) pool.update(state);
  }

  tell(message: MessageFromCaller): void {
    this.channel.send(message);
  }

  change(runner: string, change: Change): Promise<void> {
    const request = this.nextRequest++;
    return new Promise((resolve, reject) => {
      this.changes.set(request, { resolve, reject });
      this.tell({ type: 'change', request, runner, change });
    });
  }

  private receive(message: MessageFromOwner): void {
    if (message.type === 'runner') {
      this.states.set(message.runner, message);
      this.pools.get(message.runner)?.update(message);
      return;
    }
    const waiting = this.changes.get(message.request);
    this.changes.delete(message.request);
    if (message.error === undefined) waiting?.resolve();
    else waiting?.reject(new RemoteError(message.error));
  }

  private reportLoads(): void {
    for (const pool of this.pools.values()) pool.reportLoad();
  }
}
