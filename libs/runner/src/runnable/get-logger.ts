import type { Logger } from 'pino';
import { createLogger } from '../log/create-logger.js';
import { LogOutput } from '../log/log-output.js';
import { logSettings, onLogSettings } from '../log/log-settings.js';
import { batchFields } from '../log/origin-fields.js';
import { currentCalls } from './current-calls.js';

let shared: Logger | undefined;

/**
 * The log of a worker: a logger of pino, whose lines have the format and the level of the application's
 * log, the runner's name, and the ids of the requests that the running batch is for. pino is loaded when
 * this is first called.
 *
 * @example
 * export class Prices {
 *   private readonly logger = getLogger();
 *
 *   @RunnableMethod({ batchable: true })
 *   predict(input: NdArray): NdArray {
 *     this.logger.info({ rows: input.shape[0] }, 'predicting');
 *     …
 *   }
 * }
 */
export function getLogger(): Logger {
  if (shared !== undefined) return shared;
  const { level, format, redact, runner } = logSettings();
  const logger = createLogger(
    {
      level,
      redact,
      base: runner === undefined ? {} : { runner },
      mixin: () => batchFields(currentCalls()),
    },
    new LogOutput(format),
  );
  onLogSettings((changed) => (logger.level = changed.level));
  shared = logger;
  return logger;
}
