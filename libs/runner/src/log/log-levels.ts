/** Levels of the log, each with those after it; `silent` has none. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type LogLevelName = (typeof LOG_LEVELS)[number];

export function isLogLevel(value: unknown): value is LogLevelName {
  return (LOG_LEVELS as readonly unknown[]).includes(value);
}

/** One line of JSON for each record, or text for people to read. */
export type LogFormat = 'json' | 'pretty';
