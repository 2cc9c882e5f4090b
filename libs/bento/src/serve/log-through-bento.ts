import { Injectable, Logger } from '@nestjs/common';
import type { INestApplicationContext, LoggerService, OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { BentoError } from 'bentonest/errors';
import { BentoLogger, LevelSignal, LogLevel } from 'bentonest/observe';
import { isExplained, startErrorFields } from 'bentonest/runner';
import type { LogLevelName } from 'bentonest/runner';

/** The log is the application's, or what stands for it where there is none. */
let isLogChosen = false;

/** Why there is no server, in one line. */
export function logStartError(error: BentoError): void {
  if (!isLogChosen) Logger.overrideLogger(BentoLogger.withDefaults());
  new Logger('Serve').fatal(error.message, startErrorFields(error));
}

/** Nest logs what ends the start with its stack; of an error that is logged anyway nothing is lost. */
class WithoutError implements LoggerService {
  constructor(
    private readonly logger: BentoLogger,
    private readonly ended: unknown,
  ) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.log(message, ...rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (message !== this.ended) this.logger.error(message, ...rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(message, ...rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal(message, ...rest);
  }
}

/** For Nest's factories: lines are kept until it is known how they are to be written. */
export const KEEP_LINES = { bufferLogs: true, autoFlushLogs: false, abortOnError: false } as const;

/**
 * Makes an application by a factory that was given {@link KEEP_LINES}, and gives it the log that its
 * module asks for, early lines included.
 */
export async function logThroughBento<T extends INestApplicationContext>(
  create: () => Promise<T>,
): Promise<T> {
  let app: T;
  try {
    app = await create();
  } catch (error) {
    // What the module asks for is not known: why there is no application is said all the same.
    const logger = BentoLogger.withDefaults();
    Logger.overrideLogger(isExplained(error) ? new WithoutError(logger, error) : logger);
    Logger.flush();
    throw error;
  } finally {
    isLogChosen = true;
  }
  const logger = find(app, BentoLogger);
  if (logger !== undefined) app.useLogger(logger);
  app.flushLogs();
  return app;
}

/**
 * In a context that is initialised where it is made, lines would be kept until then: a runner that cannot
 * start may have ended the process by that time.
 */
@Injectable()
export class EarlyLog implements OnModuleInit {
  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    const logger = find(this.modules, BentoLogger);
    if (logger !== undefined) Logger.overrideLogger(logger);
    Logger.flush();
    isLogChosen = true;
  }
}

/** An application that is initialised where it is made has no logger by then, and knows no signals. */
export function listenToLevelSignal(app: INestApplicationContext): void {
  find(app, LevelSignal)?.listen();
}

/** The level of an application's log, as other processes of the server share it. */
export interface SharedLevel {
  set(level: LogLevelName): void;
  onChange(listener: (level: LogLevelName) => void): void;
}

/** @returns undefined where the module has turned logging off. */
export function levelOf(app: INestApplicationContext): SharedLevel | undefined {
  return find(app, LogLevel);
}

function find<T>(
  app: Pick<INestApplicationContext, 'get'>,
  type: new (...args: never[]) => T,
): T | undefined {
  try {
    return app.get(type, { strict: false });
  } catch {
    return undefined;
  }
}
