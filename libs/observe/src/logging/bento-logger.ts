import { Inject, Injectable, Logger as NestLogger } from '@nestjs/common';
import type { LoggerService } from '@nestjs/common';
import {
  CallScope,
  LogOutput,
  changeLogSettings,
  createLogger,
  originFields,
} from 'bentonest/runner';
import type { Level, Logger } from 'pino';
import { ServiceConfigurationError } from 'bentonest/errors';
import { LogLevel } from './log-level.js';
import { LOGGING_OPTIONS, resolveLoggingOptions } from './logging.options.js';
import type { ResolvedLoggingOptions } from './logging.options.js';
import { readLogArguments } from './read-log-arguments.js';

/** A line that is written while a service's method runs names its request. */
const mixin = (): object => originFields(CallScope.current?.origin);

/** Nest shows what `useLogger` was called with to heirs of its Logger. */
class ApplicationLogger extends NestLogger {
  static get current(): LoggerService | undefined {
    return NestLogger.staticInstanceRef;
  }
}

/**
 * Nest's logger over pino: `new Logger('Prices').log('updated', { count: 3 })` becomes a line with the
 * context `Prices` and a field `count`. `serve()` uses it; elsewhere it is
 * `app.useLogger(app.get(BentoLogger))`, with `bufferLogs: true` for the lines before.
 */
@Injectable()
export class BentoLogger implements LoggerService {
  /** pino's own, for who wants more than Nest's Logger gives. */
  readonly pino: Logger;
  /** Where its lines go. */
  readonly output: LogOutput;
  private wasCalled = false;

  constructor(
    @Inject(LOGGING_OPTIONS) { format, redact }: ResolvedLoggingOptions,
    level: LogLevel,
  ) {
    const { current } = level;
    changeLogSettings({ level: current, format, redact });
    this.output = new LogOutput(format);
    try {
      this.pino = createLogger({ level: current, redact, mixin }, this.output);
    } catch (cause) {
      throw new ServiceConfigurationError(
        `Expected logging.redact to have paths as pino takes them, such as "user.email" or "*.password", got ${JSON.stringify(redact)}.`,
        { cause, details: { option: 'logging.redact' } },
      );
    }
    level.onChange((changed) => {
      this.pino.level = changed;
      changeLogSettings({ level: changed });
    });
  }

  /** As it is without options, for an application that could not be made. */
  static withDefaults(): BentoLogger {
    const options = resolveLoggingOptions({}, []);
    return new BentoLogger(options, new LogLevel(options));
  }

  /** The application logs by it, or by a logger that passes on to it. */
  get isInUse(): boolean {
    return this.wasCalled || ApplicationLogger.current === this;
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    this.wasCalled = true;
    if (!this.pino.isLevelEnabled(level)) return;
    const { fields, text } = readLogArguments(message, rest);
    this.pino[level](fields, text);
  }
}
