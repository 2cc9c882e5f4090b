import { Logger } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { BentoLogger, LevelSignal, LogLevel } from 'bentonest/observe';
import type { LogLevelName } from 'bentonest/runner';

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
    Logger.overrideLogger(BentoLogger.withDefaults());
    Logger.flush();
    throw error;
  }
  const logger = find(app, BentoLogger);
  if (logger !== undefined) app.useLogger(logger);
  app.flushLogs();
  return app;
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

function find<T>(app: INestApplicationContext, type: new (...args: never[]) => T): T | undefined {
  try {
    return app.get(type, { strict: false });
  } catch {
    return undefined;
  }
}
