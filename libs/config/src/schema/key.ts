import * as v from 'valibot';

/** What is said of a key of the configuration. */
export interface KeyInfo {
  readonly description: string;
  /** Where nobody sets it. A text in parentheses says what decides then. */
  readonly default?: unknown;
  /** What it is where nobody sets it, but another key of its section; as `default`, where left out. */
  readonly impliedValue?: unknown;
  /** It is shown to nobody. */
  readonly isSecret?: boolean;
  /** `serve()` applies it: in an application that is started in another way it does nothing. */
  readonly needsServe?: boolean;
  /** Its names are those of variables: as they are written, also in the environment. */
  readonly keepsCase?: boolean;
}

/**
 * A key that may be left out. Defaults are not filled in: what nobody has set is left to the code,
 * whose defaults `default` repeats for the reader.
 */
export function key<Schema extends v.GenericSchema>(schema: Schema, info: KeyInfo) {
  return v.optional(v.pipe(schema, v.metadata({ ...info })));
}

/** A key of what is around the application: `serve()` makes it. */
export function serveKey<Schema extends v.GenericSchema>(schema: Schema, info: KeyInfo) {
  return key(schema, { ...info, needsServe: true });
}

/** Keys that belong together. */
export function section<Entries extends v.ObjectEntries>(entries: Entries) {
  return v.optional(v.strictObject(entries, 'a section with keys of its own'));
}

export function integer(least: number, most: number) {
  const expected = `a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(least, expected),
    v.maxValue(most, expected),
  );
}

/** The longest time that a timer of Node's takes. */
const MAX_MS = 2 ** 31 - 1;

export const milliseconds = (least = 1) => integer(least, MAX_MS);

export const flag = () => v.boolean('true or false');

export const text = () => v.pipe(v.string('a text'), v.minLength(1, 'a text'));

export const texts = () => v.array(text(), 'a list of texts');

export function oneOf<const Options extends readonly string[]>(...options: Options) {
  return v.picklist(options, `one of ${options.join(', ')}`);
}

export function ratio() {
  const expected = 'a number from 0 to 1';
  return v.pipe(v.number(expected), v.minValue(0, expected), v.maxValue(1, expected));
}

/** Anything as the value of names. */
export const record = <Value extends v.GenericSchema>(value: Value, expected: string) =>
  v.record(v.string(), value, expected);
