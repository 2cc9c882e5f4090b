import { safeParse } from 'valibot';
import type { GenericSchema } from 'valibot';
import { ConfigError } from '../config.errors.js';
import { CONFIG_SCHEMA } from '../schema/schema.js';
import { ANY_NAME, childOf, infoOf, keysOf, schemaAt } from '../schema/walk.js';
import type { Layer } from './layer.js';

const PREFIX = 'BENTONEST__';

/** Variables that everybody has, and the keys that they set; the long name of a key comes before them. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  PORT: ['server', 'port'],
  HOST: ['server', 'host'],
};

interface Setting {
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * Reads `BENTONEST__SECTION__KEY`: upper case, `_` before what is a capital in the key. A value is a
 * text, or JSON where the key takes something else; a list may also be written with commas.
 *
 * @throws ConfigError for a variable that names no key.
 */
export function readEnvironmentLayer(env: NodeJS.ProcessEnv): Layer {
  const values = {};
  const places = new Map<string, string>();
  const faults: string[] = [];
  const set = (variable: string, path: readonly string[], value: unknown): void => {
    setAt(values, path, value);
    places.set(path.join('.'), variable);
  };
  for (const [variable, path] of Object.entries(USUAL)) {
    const text = env[variable];
    if (text !== undefined && text !== '')
      set(variable, path, toValue(schemaAt(CONFIG_SCHEMA, path), text));
  }
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || text === undefined) continue;
    const setting = readVariable(variable.slice(PREFIX.length).split('__'), text);
    if (typeof setting === 'string') faults.push(`${variable}: ${setting}`);
    else set(variable, setting.path, setting.value);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return { values, placeOf: (path) => placeOf(places, path) };
}

function readVariable(segments: readonly string[], text: string): Setting | string {
  let schema: GenericSchema = CONFIG_SCHEMA;
  const path: string[] = [];
  for (const segment of segments) {
    const keys = keysOf(schema);
    if (keys === undefined) break;
    const name =
      keys[0] === ANY_NAME ? anyName(schema, segment) : keys.find((key) => isNameOf(key, segment));
    const child = name === undefined ? undefined : childOf(schema, name);
    if (name === undefined || child === undefined) {
      return `there is no key ${JSON.stringify(segment)}${path.length === 0 ? '' : ` in ${path.join('.')}`}; there are ${keys.map(toSegment).join(', ')}.`;
    }
    path.push(name);
    schema = child;
  }
  if (path.length < segments.length) return `${path.join('.')} has no keys of its own.`;
  const value = toValue(schema, text);
  return { path, value };
}

function anyName(schema: GenericSchema, segment: string): string {
  return infoOf(schema)?.keepsCase === true ? segment : segment.toLowerCase();
}

function isNameOf(key: string, segment: string): boolean {
  return key.toLowerCase() === segment.replaceAll('_', '').toLowerCase();
}

/** As the variable of a key is written: `MAX_CONCURRENCY` for `maxConcurrency`. */
export function toSegment(key: string): string {
  return key.replaceAll(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase();
}

/** The first reading that the key accepts; the text itself where it accepts none, for the message. */
function toValue(schema: GenericSchema | undefined, text: string): unknown {
  if (schema === undefined) return text;
  const list = text.split(',').map((item) => item.trim());
  const readings = [text, ...parseJson(text), list];
  return readings.find((reading) => safeParse(schema, reading).success) ?? text;
}

function parseJson(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    // It is a text, then.
    return [];
  }
}

function setAt(target: object, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  const section = target as Record<string, object>;
  if (rest.length === 0)
    Object.defineProperty(section, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  else setAt((section[name] ??= {}), rest, value);
}

/** The variable that set a key, or one of those in it. */
function placeOf(places: ReadonlyMap<string, string>, path: readonly string[]): string {
  for (let length = path.length; length > 0; length--) {
    const place = places.get(path.slice(0, length).join('.'));
    if (place !== undefined) return place;
  }
  return 'environment';
}
