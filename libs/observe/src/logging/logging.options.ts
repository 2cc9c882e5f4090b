import { ServiceConfigurationError } from 'bentonest/errors';
import { LOG_LEVELS, isLogLevel } from 'bentonest/runner';
import type { LogFormat, LogLevelName } from 'bentonest/runner';
import { ACCESS_FIELDS, DEFAULT_ACCESS_FIELDS } from '../access-log/access-fields.js';
import type { AccessField } from '../access-log/access-fields.js';

/** Options of the access log: one line for each request. */
export interface AccessLogOptions {
  /** @default true where {@link BentoLogger} is the application's logger, as it is with `serve()` */
  enabled?: boolean;
  /** What a line has, beside level, time, pid and message. @default all but those that tell of the client */
  fields?: readonly AccessField[];
  /**
   * Paths, without a global prefix, that are not logged; a `*` at the end stands for any rest.
   *
   * @default the endpoints for health and metrics
   */
  skipPaths?: readonly string[];
}

/** Options of the log. */
export interface LoggingOptions {
  /** The least level that is written. @default 'info' */
  level?: LogLevelName;
  /** `auto`: `pretty` on a terminal, else `json`. @default 'auto' */
  format?: LogFormat | 'auto';
  /** `true` and `false` are short for `{ enabled }`. */
  access?: boolean | AccessLogOptions;
  /**
   * Paths of fields whose values are not shown, as pino takes them: `user.email`, `*.password`. The
   * headers authorization, proxy-authorization, cookie, set-cookie and x-api-key never are.
   *
   * @default []
   */
  redact?: readonly string[];
}

export interface ResolvedLoggingOptions {
  readonly level: LogLevelName;
  readonly format: LogFormat;
  readonly redact: readonly string[];
  readonly access: {
    /** Undefined: where BentoLogger is the application's logger. */
    readonly enabled: boolean | undefined;
    readonly fields: readonly AccessField[];
    readonly skipPaths: readonly string[];
  };
}

/** Provides {@link ResolvedLoggingOptions}. */
export const LOGGING_OPTIONS = Symbol('bentonest.logging-options');

export const HEALTH_PATHS: readonly string[] = ['/livez', '/readyz', '/healthz'];

const FORMATS = ['auto', 'json', 'pretty'] as const;

/**
 * @param skipPaths the default of `access.skipPaths`.
 * @throws ServiceConfigurationError for a level, format or field that there is not.
 */
export function resolveLoggingOptions(
  { level = 'info', format = 'auto', redact = [], access = {} }: LoggingOptions,
  skipPaths: readonly string[],
): ResolvedLoggingOptions {
  if (!isLogLevel(level)) refuse('level', level, LOG_LEVELS);
  if (!FORMATS.includes(format)) refuse('format', format, FORMATS);
  const given: AccessLogOptions = typeof access === 'boolean' ? { enabled: access } : access;
  const fields = given.fields ?? DEFAULT_ACCESS_FIELDS;
  for (const field of fields) {
    if (!ACCESS_FIELDS.includes(field)) refuse('access.fields', field, ACCESS_FIELDS);
  }
  const shown = process.stdout.isTTY ? 'pretty' : 'json';
  return {
    level,
    format: format === 'auto' ? shown : format,
    redact,
    access: { enabled: given.enabled, fields, skipPaths: given.skipPaths ?? skipPaths },
  };
}

function refuse(option: string, got: unknown, known: readonly string[]): never {
  throw new ServiceConfigurationError(
    `Expected logging.${option} to be of ${known.join(', ')}, got ${JSON.stringify(got)}.`,
    { details: { option: `logging.${option}` } },
  );
}
