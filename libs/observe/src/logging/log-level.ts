import { Inject, Injectable } from '@nestjs/common';
import { LOG_LEVELS, isLogLevel } from 'bentonest/runner';
import type { LogLevelName } from 'bentonest/runner';
import { UnknownLogLevelError } from '../observe.errors.js';
import { LOGGING_OPTIONS } from './logging.options.js';
import type { ResolvedLoggingOptions } from './logging.options.js';

type Listener = (level: LogLevelName) => void;

/** The level of the log, which may be changed while the server runs. */
@Injectable()
export class LogLevel {
  private level: LogLevelName;
  /** The level that it had when debugging began. */
  private before: LogLevelName;
  private readonly listeners = new Set<Listener>();

  constructor(@Inject(LOGGING_OPTIONS) { level }: ResolvedLoggingOptions) {
    this.level = level;
    this.before = level;
  }

  get current(): LogLevelName {
    return this.level;
  }

  /** Whether lines of a level are written. */
  includes(level: LogLevelName): boolean {
    return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(this.level);
  }

  /**
   * Changes the level, of a server with several processes in all of them.
   *
   * @throws UnknownLogLevelError for a level that there is not.
   */
  set(level: LogLevelName): void {
    if (!isLogLevel(level)) throw new UnknownLogLevelError(level);
    if (level === this.level) return;
    this.level = level;
    for (const listener of this.listeners) listener(level);
  }

  /** To `debug`, and back to what it was. */
  toggleDebug(): void {
    if (this.level === 'debug') {
      this.set(this.before === 'debug' ? 'info' : this.before);
    } else {
      this.before = this.level;
      this.set('debug');
    }
  }

  /** Calls back after each change; returns what ends that. */
  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
