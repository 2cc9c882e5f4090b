import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { ArgumentCheck } from '../dispatch/prepare-call.js';
import type { WorkerStatus } from '../pool/pool.options.js';
import { publishWorkerEvent } from '../runner.channels.js';
import { RunnerUnavailableError } from '../runner.errors.js';
import { WorkerLink } from '../transport/worker-link.js';
import type { CallerLoad, Change, MessageFromCaller, RunnerMessage } from './sharing.messages.js';

/** What a process that has no workers of its own asks the owner of the workers. */
export interface OwnerContact {
  tell(message: MessageFromCaller): void;
  /** Resolves when it is made; rejects as the owner's own call did. */
  change(runner: string, change: Change): Promise<void>;
}

interface RemotePoolOptions {
  readonly runner: string;
  readonly argumentCheck: (metadata: unknown) => ArgumentCheck;
}

/**
 * The workers of one runner that another process owns: connects to those that it names, and gives them
 * to the dispatcher of this process.
 */
export class RemotePool {
  failure: Error | undefined;
  private state: RunnerMessage | undefined;
  private readonly links = new Map<string, WorkerLink>();
  private readonly opening = new Set<string>();
  private readonly whenReady: (() => void)[] = [];
  private isStopped = false;
  private toldLoad = '';

  constructor(
    private readonly options: RemotePoolOptions,
    private readonly dispatcher: Dispatcher,
    private readonly owner: OwnerContact,
  ) {}

  get told(): RunnerMessage | undefined {
    return this.state;
  }

  get restarts(): number {
    return this.state?.restarts ?? 0;
  }

  get status(): readonly WorkerStatus[] {
    const workers = this.state?.workers ?? [];
    return workers.flatMap(({ socketPath, pid }) => {
      const link = this.links.get(socketPath);
      return link === undefined ? [] : [{ pid, state: 'ready' as const, calls: link.calls }];
    });
  }

  /** Resolves when the first worker serves. */
  start(): Promise<void> {
    if (this.links.size > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenReady.push(resolve);
    });
  }

  change(change: Change): Promise<void> {
    return this.owner.change(this.options.runner, change);
  }

  /** Takes note of how the runner is now. */
  update(message: RunnerMessage): void {
    if (this.isStopped) return;
    this.state = message;
    this.failure =
      message.state === 'failed'
        ? new RunnerUnavailableError(this.options.runner, 'failed')
        : undefined;
    if (this.failure === undefined) this.dispatcher.accept();
    else this.dispatcher.refuse(this.failure);
    const named = new Set(message.workers.map(({ socketPath }) => socketPath));
    for (const [worker, link] of this.links)
      if (!named.has(worker)) void this.release(worker, link);
    for (const worker of named) {
      if (!this.links.has(worker) && !this.opening.has(worker)) void this.open(worker);
    }
  }

  /** Tells the owner what this process asks of the workers, where that has changed. */
  reportLoad(): void {
    const { runner } = this.options;
    const calls = Object.fromEntries([...this.links].map(([worker, link]) => [worker, link.calls]));
    const busy = [...this.links].flatMap(([worker, link]) => (link.isBusy ? [worker] : []));
    const load: CallerLoad = { depth: this.dispatcher.depth, busy, calls };
    const told = JSON.stringify(load);
    if (told === this.toldLoad) return;
    this.toldLoad = told;
    this.owner.tell({ type: 'load', runner, load });
  }

  /** The workers go on: they are not this process's to end. */
  stop(): Promise<void> {
    this.isStopped = true;
    for (const link of this.links.values()) link.close();
    return Promise.resolve();
  }

  private async open(worker: string): Promise<void> {
    const { runner } = this.options;
    this.opening.add(worker);
    let link: WorkerLink;
    try {
      link = await WorkerLink.open(runner, worker, {
        onLost: () => this.lose(worker),
        onHang: (reason) => this.owner.tell({ type: 'hang', runner, worker, reason }),
        onFirstAnswer: () => this.owner.tell({ type: 'answered', runner, worker }),
      });
    } catch {
      // It died in between: the owner sees to that, and names another.
      return;
    } finally {
      this.opening.delete(worker);
    }
    if (this.isStopped || !this.isNamed(worker)) {
      link.close();
      this.owner.tell({ type: 'released', runner, worker });
      return;
    }
    this.use(worker, link);
  }

  private use(worker: string, link: WorkerLink): void {
    const { runner, argumentCheck } = this.options;
    const { methods, metadata, pid } = link.hello;
    try {
      this.dispatcher.describe(methods, argumentCheck(metadata), metadata);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      publishWorkerEvent({ runner, pid, event: 'replacement-failed', reason });
      link.close();
      return;
    }
    this.links.set(worker, link);
    this.dispatcher.attach(link);
    for (const resolve of this.whenReady.splice(0)) resolve();
  }

  private isNamed(worker: string): boolean {
    return this.state?.workers.some(({ socketPath }) => socketPath === worker) === true;
  }

  private lose(worker: string): void {
    const link = this.links.get(worker);
    if (link === undefined) return;
    this.links.delete(worker);
    this.dispatcher.detach(link);
  }

  /** Lets a worker finish what it runs for this process, and tells the owner then. */
  private async release(worker: string, link: WorkerLink): Promise<void> {
    this.links.delete(worker);
    await this.dispatcher.drain(link);
    link.close();
    this.owner.tell({ type: 'released', runner: this.options.runner, worker });
  }
}
