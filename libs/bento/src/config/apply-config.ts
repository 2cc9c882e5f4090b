import { mergeConfig } from 'bentonest/config';
import type { ConfigValues, Partly } from 'bentonest/config';
import type { LoggingOptions, ObserveOptions, TracingOptions } from 'bentonest/observe';
import type { DocsModuleOptions, DocsOptions, ServingOptions } from 'bentonest/serving';
import type { BentoExtras } from '../bento.options.js';

/** The options of each module. */
export interface ModuleOptions {
  readonly serving: ServingOptions;
  readonly observe: ObserveOptions;
  readonly docs: DocsModuleOptions;
}

/** What forRoot says, with what operators have set over it. */
export function applyConfig(extras: BentoExtras, values: ConfigValues): ModuleOptions {
  const { metrics, health, logging, tracing, docs, ...serving } = extras;
  return {
    serving: mergeConfig<ServingOptions>(serving, servingOf(values)),
    observe: {
      metrics: switched(metrics, values.metrics),
      health: switched(health, values.health),
      logging: switched<LoggingOptions>(logging, values.logging as Partly<LoggingOptions>),
      tracing: switched<TracingOptions>(tracing, values.tracing),
    },
    docs: { docs: switched<DocsOptions>(docs, values.docs) },
  };
}

/** Keys of the server that hold however it was created; the others are serve()'s. */
export const SERVING_KEYS = [
  'timeoutMs',
  'requestTimeoutMs',
  'headersTimeoutMs',
  'bodyIdleTimeoutMs',
  'keepAliveTimeoutMs',
  'preStopDelayMs',
  'shutdownGraceMs',
  'maxConcurrency',
  'bodyLimitBytes',
] as const;

function servingOf({ server = {} }: ConfigValues): Partly<ServingOptions> {
  const { maxEventLoopLagMs } = server;
  return {
    ...Object.fromEntries(SERVING_KEYS.map((key) => [key, server[key]])),
    ...(maxEventLoopLagMs === undefined ? {} : { shedding: { maxEventLoopLagMs } }),
  };
}

/** A part that may be switched off: `enabled` has the last word, then what the code says. */
function switched<Options extends object>(
  code: boolean | Options = true,
  set?: { readonly enabled?: boolean } & Partly<Options>,
): false | Options {
  const { enabled = code !== false, ...keys } = set ?? {};
  if (!enabled) return false;
  const base = (typeof code === 'object' ? code : {}) as Options;
  return mergeConfig(base, keys as unknown as Partly<Options>);
}
