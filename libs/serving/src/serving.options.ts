import type { FactoryProvider, ValueProvider } from '@nestjs/common';
import { ServiceConfigurationError } from 'bentonest/errors';

/** Options of {@link ServingModule}. Times are in milliseconds. */
export interface ServingOptions {
  /**
   * Time that a closing server has. After it, open connections are cut; and if it was
   * a signal that closes the application, the process ends with exit code 1, whatever is unfinished.
   * Keep it, with `preStopDelayMs`, below the time after which the orchestrator kills, which is 30 s in
   * Kubernetes.
   *
   * @default 10_000
   */
  shutdownGraceMs?: number;
  /**
   * Time from the request to end until the server begins to close. Everything is served meanwhile, but
   * `/readyz` answers 503: for load balancers that go on sending requests until they have noticed.
   *
   * @default 0
   */
  preStopDelayMs?: number;
  /** `timeoutMs` of every `@Api` whose method and service have none of their own. @default no limit */
  timeoutMs?: number;
  /**
   * Most requests at a time, in each process of the server, mounts and controllers of your own included:
   * from their head until the answer is out and the method has ended. Further ones are answered 429 with
   * Retry-After. Health, metrics and the API document stand outside.
   *
   * @default no limit
   */
  maxConcurrency?: number;
  /**
   * Largest body, in bytes, as it comes and once decompressed, of all routes that set none of their own.
   *
   * @default that of the FastifyAdapter where it was given, else 20 MiB of services, and 1 MiB of others
   */
  bodyLimitBytes?: number;
  /**
   * Refuses requests with 503 and Retry-After while the event loop lags, what runs in this process being
   * more than it can do. Health, metrics and the API document are answered all the same.
   *
   * @default false
   */
  shedding?: boolean | SheddingOptions;
  /** Time for a whole request to arrive, its body included; then it is 408. 0 for no limit. @default 300_000 */
  requestTimeoutMs?: number;
  /** Time for the head of a request to arrive; then it is 408. 0 for no limit. @default 10_000 */
  headersTimeoutMs?: number;
  /** Time for which nothing more of a body may come; then it is 408. 0 for no limit. @default 30_000 */
  bodyIdleTimeoutMs?: number;
  /**
   * Time for which a connection is kept open between two requests. More than the load balancer's own, or
   * it sends requests into connections that are being closed.
   *
   * @default 72_000
   */
  keepAliveTimeoutMs?: number;
}

/** When requests are refused because the event loop lags. */
export interface SheddingOptions {
  /** How long a turn of the event loop may keep others waiting, in milliseconds. @default 500 */
  maxEventLoopLagMs?: number;
}

/** Options of a module as they are, or as a factory gives them. */
export type OptionsSource<Options> =
  | Pick<ValueProvider<Options>, 'useValue'>
  | Pick<FactoryProvider<Options>, 'useFactory' | 'inject'>;

/** Provides the {@link ServingOptions}. */
export const SERVING_OPTIONS = Symbol('bentonest.serving-options');

const DEFAULTS = {
  shutdownGraceMs: 10_000,
  preStopDelayMs: 0,
  bodyIdleTimeoutMs: 30_000,
};
const DEFAULT_LAG_MS = 500;

type Resolved = Omit<ServingOptions, 'shedding'> & typeof DEFAULTS;

export interface ResolvedServingOptions extends Readonly<Resolved> {
  /** Undefined where nothing is shed. */
  readonly maxEventLoopLagMs?: number | undefined;
}

const LEAST: Readonly<Record<Exclude<keyof ServingOptions, 'shedding'>, number>> = {
  shutdownGraceMs: 0,
  preStopDelayMs: 0,
  timeoutMs: 1,
  maxConcurrency: 1,
  bodyLimitBytes: 1,
  requestTimeoutMs: 0,
  headersTimeoutMs: 0,
  bodyIdleTimeoutMs: 0,
  keepAliveTimeoutMs: 1,
};

/** @throws ServiceConfigurationError for a value that is none. */
export function resolveServingOptions(options: ServingOptions): ResolvedServingOptions {
  const resolved: Record<string, number> = { ...DEFAULTS };
  for (const [name, least] of Object.entries(LEAST)) {
    const value = options[name as keyof typeof LEAST];
    if (value === undefined) continue;
    checkInteger(name, value, least);
    resolved[name] = value;
  }
  const { shedding = false } = options;
  if (shedding === false) return resolved as unknown as ResolvedServingOptions;
  const { maxEventLoopLagMs = DEFAULT_LAG_MS } = shedding === true ? {} : shedding;
  checkInteger('shedding.maxEventLoopLagMs', maxEventLoopLagMs, 1);
  return { ...(resolved as unknown as Resolved), maxEventLoopLagMs };
}

function checkInteger(name: string, value: unknown, least: number): void {
  if (Number.isInteger(value) && (value as number) >= least) return;
  throw new ServiceConfigurationError(
    `Expected ${name} of the server to be a whole number from ${least}, got ${JSON.stringify(value)}.`,
    { details: { option: name } },
  );
}
