import { createRequire } from 'node:module';
import type { Logger, LoggerOptions } from 'pino';
import type { LogLevelName } from './log-levels.js';
import type { LogOutput } from './log-output.js';

const load = createRequire(import.meta.url);

/** Headers that are secrets, as Node names them. */
const SECRET_HEADERS = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
] as const;

/** Wherever headers are logged. */
const REDACTED: readonly string[] = SECRET_HEADERS.flatMap((name) =>
  ['', '*.', '*.*.'].map((parents) => `${parents}headers["${name}"]`),
);

export interface CreateLoggerOptions {
  readonly level: LogLevelName;
  /** More paths of fields whose values are not shown, as pino takes them. */
  readonly redact: readonly string[];
  /** Fields of every line beside level, time and pid. */
  readonly base?: Readonly<Record<string, unknown>>;
  /** Asked for fields at each line. */
  readonly mixin?: () => object;
}

/**
 * A logger of pino. It is loaded here, and not before: a worker whose Runnable logs nothing has no
 * need of it.
 *
 * @throws Error of pino's for a path in `redact` that is none.
 */
export function createLogger(
  options: CreateLoggerOptions,
  output: Pick<LogOutput, 'write'>,
): Logger {
  const { pino } = load('pino') as typeof import('pino');
  const { level, redact, base, mixin } = options;
  const settings: LoggerOptions = {
    level,
    base: { pid: process.pid, ...base },
    redact: [...REDACTED, ...redact],
    serializers: { err: describeError },
    ...(mixin === undefined ? {} : { mixin }),
  };
  return pino(settings, { write: (line: string) => output.write(line) });
}

/** Not all of an error's properties, as pino would: those of a client for HTTP have its requests' bodies. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: error.constructor.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: stackOf(error),
  };
}

/** Of a chain of causes, the first few. */
function stackOf(error: Error, depth = 0): string {
  const stack = error.stack ?? error.message;
  const { cause } = error;
  if (!(cause instanceof Error) || depth === 4) return stack;
  return `${stack}\ncaused by: ${stackOf(cause, depth + 1)}`;
}
