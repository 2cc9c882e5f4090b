import { BentoError, toErrorMessage } from 'bentonest/errors';
import { RunnerOptionsError } from '../runner.errors.js';
import type { CallerChannel } from './shared-workers.js';
import { SharedWorkers } from './shared-workers.js';
import type { Change, MessageFromCaller, RunnerMessage } from './sharing.messages.js';

/** What the owner needs of a runner. */
export interface OwnedRunner {
  readonly name: string;
  /** Longest that a call runs in a worker, in milliseconds. */
  readonly hangTimeoutMs: number;
  /** How it is now, to be told to those who call it. */
  describe(): RunnerMessage;
  change(change: Change): Promise<void>;
  endHanging(worker: string, reason: string): void;
  noteAnswered(worker: string): void;
}

/** The runners of the process that owns the workers, which other processes call. */
export class RunnersOwner {
  private readonly channels = new Set<CallerChannel>();
  private readonly runners = new Map<string, OwnedRunner>();
  private readonly shared = new Map<string, SharedWorkers>();

  /** Makes a runner known; what is returned is told of its life. */
  add(runner: OwnedRunner): SharedRunner {
    const workers = new SharedWorkers(runner.hangTimeoutMs);
    this.runners.set(runner.name, runner);
    this.shared.set(runner.name, workers);
    const tellAll = (): void => {
      for (const channel of this.channels) this.tell(channel, runner);
    };
    return { workers, tellAll };
  }

  /** Another process that calls the runners, from now on until its channel ends. */
  connect(channel: CallerChannel): void {
    this.channels.add(channel);
    channel.onMessage((message) => this.receive(channel, message));
    channel.onClose(() => {
      this.channels.delete(channel);
      for (const workers of this.shared.values()) workers.forget(channel);
    });
    for (const runner of this.runners.values()) this.tell(channel, runner);
  }

  private tell(channel: CallerChannel, runner: OwnedRunner): void {
    const message = runner.describe();
    this.shared.get(runner.name)?.told(channel, message);
    channel.send(message);
  }

  private receive(channel: CallerChannel, message: MessageFromCaller): void {
    const { type, runner } = message;
    if (type === 'change') void this.change(channel, message);
    else if (type === 'hang') this.runners.get(runner)?.endHanging(message.worker, message.reason);
    else if (type === 'answered') this.runners.get(runner)?.noteAnswered(message.worker);
    else if (type === 'load') this.shared.get(runner)?.noteLoad(channel, message.load);
    else this.shared.get(runner)?.release(channel, message.worker);
  }

  private async change(
    channel: CallerChannel,
    { request, runner, change }: Extract<MessageFromCaller, { type: 'change' }>,
  ): Promise<void> {
    try {
      await this.runners.get(runner)?.change(change);
      channel.send({ type: 'changed', request });
    } catch (cause) {
      const error = cause instanceof BentoError ? cause : new RunnerOptionsError(String(cause));
      channel.send({ type: 'changed', request, error: toErrorMessage(error) });
    }
  }
}

/** One runner's door to those who call it. */
export interface SharedRunner {
  readonly workers: SharedWorkers;
  /** To be called when something has changed that they are to know. */
  readonly tellAll: () => void;
}
