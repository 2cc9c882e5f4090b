import { mergeConfig } from 'bentonest/config';
import type { ConfigValues, Partly } from 'bentonest/config';
import type { ObserveOptions } from 'bentonest/observe';
import type { DocsModuleOptions, DocsOptions, ServingOptions } from 'bentonest/serving';
import type { BentoExtras } from '../bento.options.js';

/** The options of each module: what forRoot says, with what operators have set over it. */
interface ModuleOptions {
  readonly serving: ServingOptions;
  readonly observe: ObserveOptions;
  readonly docs: DocsModuleOptions;
}

export function applyConfig(extras: BentoExtras, values: ConfigValues): ModuleOptions {
  const { metrics, health, docs } = extras;
  const { shutdownGraceMs } = values.server ?? {};
  return {
    serving: mergeConfig(extras, { shutdownGraceMs }),
    observe: {
      metrics: switched(metrics, values.metrics) !== false,
      health: switched(health, values.health) !== false,
    },
    docs: { docs: switched<DocsOptions>(docs, values.docs) },
  };
}

/** A part that may be switched off: `enabled` has the last word, then what the code says. */
function switched<Options extends object>(
  code: boolean | Options = true,
  set: ({ readonly enabled?: boolean } & Partly<Options>) | undefined = undefined,
): false | Options {
  const { enabled = code !== false, ...keys } = set ?? {};
  if (!enabled) return false;
  const base = (typeof code === 'object' ? code : {}) as Options;
  return mergeConfig(base, keys as unknown as Partly<Options>);
}
