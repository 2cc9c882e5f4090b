import type { DtoPlan, FieldPlan } from './plan-dto.js';
import type { Rule } from './rule.js';

const DECLINE = 'return undefined;';

/**
 * Body of a function of a {@link BuildEnvironment} that gives the DTO's `build(value)`. Names of
 * fields come from the application's code, yet stand in it as JSON strings only.
 *
 * It does what plainToInstance and validate() do to a body that passes, and declines all others. A
 * list or object that needs no conversion is taken over as it is: nobody else has the parsed body.
 */
export function generateSource({ fields, accessors }: DtoPlan, forbidUnknown: boolean): string {
  const names = fields.map(({ name }) => JSON.stringify(name));
  return [
    `'use strict';`,
    `const { Dto, isPlainJson } = env;`,
    `const { hasOwn, getPrototypeOf, prototype } = Object;`,
    ...fields.flatMap((field, at) => constantsOf(field, at)),
    `return function build(value) {`,
    `if (getPrototypeOf(value) !== prototype) ${DECLINE}`,
    ...accessors.map((name) => `if (hasOwn(value, ${JSON.stringify(name)})) ${DECLINE}`),
    `const instance = new Dto();`,
    `if (instance.constructor !== Dto) ${DECLINE}`,
    `let field, known = 0;`,
    ...fields.flatMap((field, at) => [
      ...readField(field, at, names[at]),
      ...checkField(field, at),
    ]),
    ...(forbidUnknown ? refuseUnknown() : []),
    ...whitelist(names, forbidUnknown),
    `return instance;`,
    `};`,
  ].join('\n');
}

function constantsOf({ rules, type }: FieldPlan, at: number): string[] {
  const convert = type.kind === 'any' ? [] : [`const convert${at} = env.convert[${at}];`];
  const constants = rules.map((_, i) => `const ${constant(at, i)} = env.constants[${at}][${i}];`);
  return [...convert, ...constants];
}

function constant(field: number, rule: number): string {
  return `constant${field}_${rule}`;
}

function readField(field: FieldPlan, at: number, name: string): string[] {
  const isNested = field.type.kind === 'nested';
  return [
    `field = value[${name}];`,
    `if (field === undefined) {`,
    `if (hasOwn(value, ${name})) ${DECLINE}`,
    // The constructor's own value is checked as one that was sent; nested ones are not plain.
    `field = instance[${name}];`,
    ...(isNested ? [`if (field !== undefined && field !== null) ${DECLINE}`] : []),
    ...(isNested && !field.isOptional ? [`if (field === null) ${DECLINE}`] : []),
    `} else {`,
    `known++;`,
    ...convertField(field, at),
    `instance[${name}] = field;`,
    `}`,
  ];
}

function convertField({ type, rules, isOptional }: FieldPlan, at: number): string[] {
  if (type.kind === 'any') {
    if (rules.some(({ takesPrimitives }) => takesPrimitives)) return [];
    return [`if (typeof field === 'object' && !isPlainJson(field)) ${DECLINE}`];
  }
  const converted = [`field = convert${at}(field);`, `if (field === undefined) ${DECLINE}`];
  if (type.kind === 'scalar') {
    return [`if (typeof field !== '${type.same}') {`, ...converted, `}`];
  }
  return isOptional ? [`if (field !== null) {`, ...converted, `}`] : converted;
}

function checkField({ rules, isOptional }: FieldPlan, at: number): string[] {
  const test = (rule: Rule, value: string): string =>
    `if (!(${rule.source(value, constant(at, rules.indexOf(rule)))})) ${DECLINE}`;
  const each = rules.filter((rule) => rule.each);
  const checks = rules.filter((rule) => !rule.each).map((rule) => test(rule, 'field'));
  if (each.length > 0) {
    checks.push(
      `if (Array.isArray(field)) {`,
      `for (let i = 0; i < field.length; i++) {`,
      `const element = field[i];`,
      ...each.map((rule) => test(rule, 'element')),
      `}`,
      `} else if (field instanceof Set || field instanceof Map) {`,
      DECLINE,
      `} else {`,
      ...each.map((rule) => test(rule, 'field')),
      `}`,
    );
  }
  if (!isOptional || checks.length === 0) return checks;
  return [`if (field !== undefined && field !== null) {`, ...checks, `}`];
}

function refuseUnknown(): string[] {
  return [`for (const key in value) known--;`, `if (known !== 0) ${DECLINE}`];
}

/** What the constructor sets besides the DTO's fields is dropped, or refused, as what was sent is. */
function whitelist(names: readonly string[], forbidUnknown: boolean): string[] {
  return [
    `for (const key in instance) switch (key) {`,
    ...names.map((name) => `case ${name}:`),
    `break;`,
    `default:`,
    `if (${forbidUnknown} || key in prototype) ${DECLINE}`,
    `delete instance[key];`,
    `}`,
  ];
}
