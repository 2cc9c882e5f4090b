import type { ErrorMessage } from 'bentonest/errors';
import type { RunnerState } from '../runner.js';
import type { RunnableModel } from '../worker/load-runnable.js';

/** One worker, to a process that may call it. */
export interface SharedWorker {
  /** Also its name among all workers. */
  readonly socketPath: string;
  readonly pid: number | undefined;
}

/** How a runner is; sent whenever that changes. Workers that are not listed get no more calls. */
export interface RunnerMessage {
  readonly type: 'runner';
  readonly runner: string;
  readonly state: RunnerState;
  readonly workers: readonly SharedWorker[];
  readonly restarts: number;
  readonly reason?: string | undefined;
  readonly reloadFailure?: string | undefined;
  readonly model?: RunnableModel | undefined;
}

/** How a change that was asked for came out. */
export interface ChangedMessage {
  readonly type: 'changed';
  readonly request: number;
  readonly error?: ErrorMessage | undefined;
}

export type MessageFromOwner = RunnerMessage | ChangedMessage;

/** A change of a runner, which is the owner's to make. */
export type Change =
  | { readonly action: 'reload'; readonly model?: string | undefined }
  | { readonly action: 'scale'; readonly workers: number };

/** What a process asks of a runner's workers. */
export interface CallerLoad {
  /** Calls that wait. */
  readonly depth: number;
  /** Workers that run a batch of this process. */
  readonly busy: readonly string[];
  /** Calls that each worker was given by this process. */
  readonly calls: Readonly<Record<string, number>>;
}

export type MessageFromCaller =
  | { readonly type: 'released'; readonly runner: string; readonly worker: string }
  /** The worker has answered its first call of that process. */
  | { readonly type: 'answered'; readonly runner: string; readonly worker: string }
  | {
      readonly type: 'hang';
      readonly runner: string;
      readonly worker: string;
      readonly reason: string;
    }
  | { readonly type: 'load'; readonly runner: string; readonly load: CallerLoad }
  | {
      readonly type: 'change';
      readonly request: number;
      readonly runner: string;
      readonly change: Change;
    };

/** A way to another process of the application, which ends with that process. */
export interface SharingChannel<Sent, Received> {
  send(message: Sent): void;
  onMessage(listener: (message: Received) => void): void;
  onClose(listener: () => void): void;
}
