import type { LogLevelName } from '../log/log-levels.js';
import type { LogSettings } from '../log/log-settings.js';

/** Supervision over the fork's IPC channel; calls and results go over the socket. */
export interface InitMessage {
  readonly type: 'init';
  readonly runner: string;
  /** The module of the Runnable, imported in the worker only. */
  readonly moduleUrl: string;
  readonly className: string;
  /** JSON for the Runnable's constructor. */
  readonly options: unknown;
  readonly socketPath: string;
  /** Times that the Runnable's example calls are run before it is ready. */
  readonly warmup: number;
  /** How it logs; by default at info, in JSON. */
  readonly log?: LogSettings;
}

/** The level of the log has changed. */
export interface LogLevelMessage {
  readonly type: 'log-level';
  readonly level: LogLevelName;
}

export interface StopMessage {
  readonly type: 'stop';
}

export interface ReadyMessage {
  readonly type: 'ready';
}

export interface FailedMessage {
  readonly type: 'failed';
  /** What went wrong, for the log. */
  readonly reason: string;
}

export type MessageToWorker = InitMessage | LogLevelMessage | StopMessage;
export type MessageFromWorker = ReadyMessage | FailedMessage;
