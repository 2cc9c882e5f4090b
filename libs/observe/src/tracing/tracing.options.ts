import { ServiceConfigurationError } from 'bentonest/errors';

/** Where spans are sent to by OTLP, protobuf over HTTP. */
export interface OtlpOptions {
  /**
   * URL of the collector; without a path, `/v1/traces` is added.
   *
   * @default OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT, else http://localhost:4318
   */
  endpoint?: string;
  /** Sent with each export, for example a key. @default OTEL_EXPORTER_OTLP_HEADERS */
  headers?: Readonly<Record<string, string>>;
  /** For one export, in milliseconds. @default 10_000 */
  timeoutMs?: number;
}

/** Options of tracing. */
export interface TracingOptions {
  /**
   * Share of the requests that is traced, 0 to 1, where the request does not say itself: what its
   * `traceparent` says of sampling is followed.
   *
   * @default 1
   */
  sampleRate?: number;
  /**
   * Routes that are not traced, by their template without a global prefix, such as `/users/:id`; a `*`
   * at the end stands for any rest.
   *
   * @default the endpoints for health and metrics
   */
  excludedUrls?: readonly string[];
  /** `service.name` of what the exporter sends. @default OTEL_SERVICE_NAME, else 'bentonest' */
  serviceName?: string;
  /**
   * `otlp` sends spans to a collector. `none` leaves that to an OpenTelemetry SDK that the application
   * registers before it starts; where there is none, nothing is traced and nothing is loaded.
   *
   * @default 'none'
   */
  exporter?: 'none' | 'otlp';
  otlp?: OtlpOptions;
}

export interface ResolvedTracingOptions {
  readonly sampleRate: number;
  readonly excludedUrls: readonly string[];
  readonly serviceName: string;
  readonly exporter: 'none' | 'otlp';
  readonly otlp: OtlpOptions;
}

/**
 * @param excluded the default of `excludedUrls`.
 * @throws ServiceConfigurationError for a value that an option cannot have.
 */
export function resolveTracingOptions(
  options: TracingOptions,
  env: NodeJS.ProcessEnv,
  excluded: readonly string[],
): ResolvedTracingOptions {
  const { sampleRate = 1, excludedUrls = excluded, exporter = 'none', otlp = {} } = options;
  const { serviceName = env.OTEL_SERVICE_NAME ?? 'bentonest' } = options;
  const { endpoint, timeoutMs } = otlp;
  if (!(sampleRate >= 0 && sampleRate <= 1))
    refuse('sampleRate', 'a number from 0 to 1', sampleRate);
  if (!['none', 'otlp'].includes(exporter)) refuse('exporter', "'none' or 'otlp'", exporter);
  if (endpoint !== undefined && !/^https?:$/.test(protocolOf(endpoint))) {
    refuse('otlp.endpoint', 'a URL with http or https', HIDDEN);
  }
  if (timeoutMs !== undefined && !(Number.isInteger(timeoutMs) && timeoutMs > 0)) {
    refuse('otlp.timeoutMs', 'a whole number of milliseconds from 1', timeoutMs);
  }
  return { sampleRate, excludedUrls, serviceName, exporter, otlp };
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}

/** It may hold credentials, and what is no URL does not say where. */
const HIDDEN = Symbol('bentonest.hidden');

function refuse(option: string, expected: string, got: unknown): never {
  const shown =
    got === HIDDEN
      ? 'another text (it is not shown, for it may hold credentials)'
      : JSON.stringify(got);
  throw new ServiceConfigurationError(
    `Expected tracing.${option} to be ${expected}, got ${shown}.`,
    { details: { option: `tracing.${option}` } },
  );
}
