import type { Rule } from './rule.js';

type Inline = Pick<Rule, 'constant' | 'source' | 'takesPrimitives'>;
type Source = Rule['source'];

const ALWAYS: Readonly<Record<string, Source>> = {
  isDefined: (value) => `${value} !== undefined && ${value} !== null`,
  isNotEmpty: (value) => `${value} !== '' && ${value} !== undefined && ${value} !== null`,
  isArray: (value) => `Array.isArray(${value})`,
  arrayNotEmpty: (value) => `Array.isArray(${value}) && ${value}.length > 0`,
  isObject: (value) =>
    `typeof ${value} === 'object' && ${value} !== null && !Array.isArray(${value})`,
};

const PRIMITIVE: Readonly<Record<string, Source>> = {
  isString: (value) => `typeof ${value} === 'string'`,
  isBoolean: (value) => `typeof ${value} === 'boolean'`,
  isInt: (value) => `Number.isInteger(${value})`,
  isPositive: (value) => `typeof ${value} === 'number' && ${value} > 0`,
  isNegative: (value) => `typeof ${value} === 'number' && ${value} < 0`,
};

const BOUNDED: Readonly<Record<string, Source>> = {
  min: (value, bound) => `typeof ${value} === 'number' && ${value} >= ${bound}`,
  max: (value, bound) => `typeof ${value} === 'number' && ${value} <= ${bound}`,
  arrayMinSize: (value, size) => `Array.isArray(${value}) && ${value}.length >= ${size}`,
  arrayMaxSize: (value, size) => `Array.isArray(${value}) && ${value}.length <= ${size}`,
};

const isOneOf: Source = (value, list) => `${list}.indexOf(${value}) !== -1`;
const isFinite: Source = (value) => `Number.isFinite(${value})`;

const SAMPLES: readonly unknown[] = [
  [undefined, null, true, false, '', 'a', '1', 'true', 1n],
  [0, -0, 1, -1, 2, 0.5, -2.5, 1e21, 1e308, Number.NaN, Infinity, -Infinity],
  [[], [1], ['a', 'b', 'c'], {}, { a: 1 }, new Date(0), new Set([1]), () => 1],
].flat();

/**
 * The rules that most DTOs have, without a call. One is taken only where it passes nothing of a
 * sample that class-validator's own check refuses: another release, or a rule of the user's under the
 * same name, may mean something else.
 */
export function inlineRule(
  name: string,
  constraints: readonly unknown[],
  check: (value: unknown) => unknown,
): Inline | undefined {
  const rule = findInline(name, constraints[0]);
  if (rule === undefined) return undefined;
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is from the tables above alone.
  const inline = new Function('value', 'constant', `return ${rule.source('value', 'constant')};`);
  const isSafe = samplesAround(rule.constant).every(
    (value) => inline(value, rule.constant) !== true || check(value) === true,
  );
  return isSafe ? rule : undefined;
}

function findInline(name: string, first: unknown): Inline | undefined {
  const at = (table: Readonly<Record<string, Source>>): Source | undefined =>
    Object.hasOwn(table, name) ? table[name] : undefined;
  const always = at(ALWAYS);
  if (always !== undefined) return { constant: undefined, source: always, takesPrimitives: false };
  const primitive = at(PRIMITIVE);
  if (primitive !== undefined) {
    return { constant: undefined, source: primitive, takesPrimitives: true };
  }
  const bounded = at(BOUNDED);
  if (bounded !== undefined && typeof first === 'number') {
    return { constant: first, source: bounded, takesPrimitives: !name.startsWith('array') };
  }
  if (name === 'isNumber' && hasOnlyFiniteOptions(first)) {
    return { constant: undefined, source: isFinite, takesPrimitives: true };
  }
  const list = name === 'isIn' ? first : name === 'isEnum' ? Object.values(first as object) : null;
  if (!Array.isArray(list) || list.some((item) => typeof item === 'object')) return undefined;
  return { constant: list, source: isOneOf, takesPrimitives: true };
}

/** Finite numbers are what isNumber takes, but for those with too many decimals. */
function hasOnlyFiniteOptions(options: unknown): boolean {
  return (options as { maxDecimalPlaces?: number } | undefined)?.maxDecimalPlaces === undefined;
}

function samplesAround(constant: unknown): readonly unknown[] {
  if (Array.isArray(constant)) return [...SAMPLES, ...(constant as unknown[])];
  if (typeof constant !== 'number') return SAMPLES;
  const near = [constant - 1, constant, constant + 1];
  const lists = near
    .filter((length) => Number.isInteger(length) && length >= 0 && length <= 100)
    .map((length) => Array.from({ length }, (_, i) => i));
  return [...SAMPLES, ...near, ...lists];
}
