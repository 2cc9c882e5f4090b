import type { ConfigValues, Layer } from 'bentonest/config';
import type { RunnerOptions } from 'bentonest/runner';
import { getDecoratedSettings, resolveServingOptions } from 'bentonest/serving';
import type { ServiceClass } from 'bentonest/serving';
import type { BentoExtras } from '../bento.options.js';
import { nameOf, settingsOf } from '../feature/service-settings.js';
import type { ServeOptions } from '../serve/serve.options.js';
import { SERVING_KEYS } from './apply-config.js';

/** What the code says, by the keys that operators know, for the log: nothing is configured by it. */
export function serveLayer({ ssl, cors, admin, ...server }: ServeOptions): Layer {
  return layer({ server, ssl, cors, admin }, 'code: serve');
}

export function rootLayer(code: BentoExtras): Layer {
  const { logging, shedding } = code;
  const server = {
    ...Object.fromEntries(SERVING_KEYS.map((key) => [key, code[key]])),
    maxEventLoopLagMs: resolveServingOptions({ shedding }).maxEventLoopLagMs,
  };
  const values = {
    server,
    metrics: toSection(code.metrics),
    health: toSection(code.health),
    logging:
      typeof logging === 'object'
        ? { ...logging, access: toSection(logging.access) }
        : toSection(logging),
    tracing: toSection(code.tracing),
    docs: toSection(code.docs),
  };
  return layer(values, 'code: BentoModule.forRoot');
}

export function runnersLayer(runners: Readonly<Record<string, RunnerOptions>>): Layer {
  return layer({ runners }, 'code: runner');
}

/** Operators may spell the names of apis otherwise: what they have set is left out here. */
export function servicesLayer(services: readonly ServiceClass[], values: ConfigValues): Layer {
  const entries = services.map((service) => {
    const set = settingsOf(service, values);
    const decorated = getDecoratedSettings(service);
    return [nameOf(service), withoutKeysOf(decorated, set)];
  });
  const place = ([, , apis]: readonly string[]): string =>
    apis === 'apis' ? 'code: @Api' : 'code: @BentoService';
  return { values: { services: Object.fromEntries(entries) as object }, placeOf: place };
}

function layer(values: object, place: string): Layer {
  return { values, placeOf: () => place };
}

function toSection(part: boolean | object | undefined): object | undefined {
  return typeof part === 'boolean' ? { enabled: part } : part;
}

/** Section by section. */
function withoutKeysOf(values: object, set: object): object {
  const over = new Map<string, unknown>(Object.entries(set));
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]: [string, unknown]) => {
      const above = over.get(name);
      if (isSection(value)) return [[name, withoutKeysOf(value, isSection(above) ? above : {})]];
      return above === undefined ? [[name, value]] : [];
    }),
  );
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
