import { mergeConfig } from './merge.js';
import { checkLayer } from './layers/check-layer.js';
import type { Layer } from './layers/layer.js';
import { readEnvironmentLayer } from './layers/read-environment.js';
import { readFileLayer } from './layers/read-file.js';
import { CONFIG_SCHEMA } from './schema/schema.js';
import type { ConfigValues } from './schema/schema.js';
import { ANY_NAME, documentedKeys } from './schema/walk.js';
import type { DocumentedKey } from './schema/walk.js';

/** A key as it stands. */
export interface ConfigEntry {
  readonly path: string;
  /** What was set, else the default; `undefined` where there is none, `'***'` of a secret and in a URL. */
  readonly value: unknown;
  /** `default`, a file and line, a variable, or what of the code. */
  readonly source: string;
  readonly description: string;
  /** `serve()` applies it, and nothing does in an application that is started in another way. */
  readonly needsServe: boolean;
}

export interface LoadConfigOptions {
  /** Where bentonest.yaml is. @default the working directory */
  readonly folder?: string;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/** What operators have set outside of the code: it holds over what the code says. */
export class Config {
  constructor(
    /** What was set; nothing else is in it. */
    readonly values: ConfigValues,
    private readonly layers: readonly Layer[],
  ) {}

  /** The same above what the code says, the lowest layer first. What of it is no key here is not shown. */
  over(code: readonly Layer[]): Config {
    const values = [...code.map((layer) => layer.values as ConfigValues), this.values];
    return new Config(
      values.reduce<ConfigValues>((below, above) => mergeConfig(below, above), {}),
      [...code, ...this.layers],
    );
  }

  /** All keys, those of the services and runners that somebody has set among them. */
  get entries(): readonly ConfigEntry[] {
    return [...documentedKeys(CONFIG_SCHEMA)].flatMap((documented) =>
      documented.path.includes(ANY_NAME)
        ? pathsIn(this.values, documented.path)
            .map((names) => this.entryOf(documented, names))
            .filter(({ source }) => source !== DEFAULT)
        : [this.entryOf(documented, documented.path)],
    );
  }

  private entryOf(
    { description, isSecret, needsServe = false, ...info }: DocumentedKey,
    names: readonly string[],
  ): ConfigEntry {
    const set = valueAt(this.values, names);
    const isImplied =
      info.impliedValue !== undefined && valueAt(this.values, names.slice(0, -1)) !== undefined;
    const unset = isImplied ? info.impliedValue : info.default;
    const shown = set === undefined ? unset : set;
    return {
      path: names.join('.'),
      value: isSecret && set !== undefined ? SECRET : withoutCredentials(shown),
      source: set === undefined ? DEFAULT : this.sourceOf(names),
      description,
      needsServe,
    };
  }

  /** The last layer has the last word. */
  private sourceOf(path: readonly string[]): string {
    const layer = this.layers.findLast(({ values }) => valueAt(values, path) !== undefined);
    return layer?.placeOf(path) ?? DEFAULT;
  }
}

const DEFAULT = 'default';
const SECRET = '***';

/** Who calls is a part of some URLs: of a collector, of an index of packages. */
const CREDENTIALS = /(?<=:\/\/)[^\s/?#]+(?=@)/g;

function withoutCredentials(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCredentials);
  return typeof value === 'string' ? value.replaceAll(CREDENTIALS, SECRET) : value;
}

/**
 * Reads what operators have set: the environment, and below it bentonest.yaml.
 *
 * @throws ConfigError naming file, line and key, or the variable.
 */
export function loadConfig({ folder = '.', env = process.env }: LoadConfigOptions = {}): Config {
  const layers = [readFileLayer(folder, env) ?? [], readEnvironmentLayer(env)].flat();
  const values = layers
    .map((layer) => checkLayer(layer))
    .reduce((below, above) => mergeConfig(below, above), {});
  return new Config(values, layers);
}

/** Where a key stands under every name that there is. */
function pathsIn(values: ConfigValues, path: readonly string[]): readonly (readonly string[])[] {
  return path.reduce<readonly (readonly string[])[]>(
    (paths, name) =>
      paths.flatMap((before) =>
        (name === ANY_NAME ? Object.keys(valueAt(values, before) ?? {}) : [name]).map((each) => [
          ...before,
          each,
        ]),
      ),
    [[]],
  );
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Readonly<Record<string, unknown>>)[name]
        : undefined,
    values,
  );
}
