import 'reflect-metadata';
import { Type } from 'class-transformer';
import * as is from 'class-validator';
import fc from 'fast-check';
import type { DtoClass } from './dto-class.js';

/** How a field is decorated, and JSON texts of values that mostly keep its rules. */
interface Rules {
  readonly decorators: readonly PropertyDecorator[];
  readonly text: fc.Arbitrary<string>;
}

interface Field extends Rules {
  readonly name: string;
  readonly isInherited: boolean;
  /** JSON text that the constructor sets. */
  readonly initial: string | undefined;
}

export interface Sample {
  readonly makeDto: () => DtoClass;
  readonly texts: readonly string[];
}

enum Species {
  Setosa = 'setosa',
  Virginica = 'virginica',
}

enum Level {
  Low,
  High,
}

const NAMES = ['a', 'b', 'x', 'sepal_len', 'two words', '"quoted"', "it's", 'back\\slash', '${x}'];
const ODD_NAMES = ['ünï', '\u2028', '0', '`', '*/', 'then', 'push', 'length', 'name', 'instance'];
const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
const ODD_TEXTS = [
  ['null', 'true', 'false', '0', '-0', '1e308', '-1e308', '1e-7', '0.1', '9007199254740993'],
  ['""', '"1"', '"text"', '"\\ud83c\\udf3a"', `"${'x'.repeat(500)}"`, '"2024-02-30"'],
  ['[]', '{}', '[1,2,3]', '[null]', '["a",1]', '[[1],[2]]', '{"a":1}', '[{"x":1},{"x":null}]'],
  ['{"__proto__":{"x":1}}', '{"constructor":1}', '{"toString":"x","a":1}', '[{"constructor":{}}]'],
  ['{"then":1}', '[[{"x":1}]]', '{"a":{"b":[{"valueOf":1}]}}'],
].flat();

const json = (values: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  values.map((value) => JSON.stringify(value));
const oddText = fc.oneof(fc.constantFrom(...ODD_TEXTS), json(fc.jsonValue({ maxDepth: 2 })));
/** Mostly of the one kind, so that whole objects pass often. */
const near = (values: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 40, arbitrary: json(values) }, { weight: 1, arbitrary: oddText });

const number = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -2, max: 10 }) },
  { weight: 2, arbitrary: fc.double({ min: -2, max: 10, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ noNaN: true }) },
);
const word = fc.string({ maxLength: 6 });
const each = { each: true };

/** Decorators by kind of value: those of a field are some of one row. */
const KINDS: readonly {
  values: fc.Arbitrary<unknown>;
  decorators: readonly PropertyDecorator[];
}[] = [
  {
    values: number,
    decorators: [
      [is.IsNumber(), is.IsNumber({ maxDecimalPlaces: 2 }), is.IsNumber({ allowNaN: true })],
      [is.Min(-2), is.Max(10), is.IsDefined(), is.IsNotEmpty(), Type(() => Number), is.Allow()],
      [is.Equals(4), is.NotEquals(3), is.IsNotIn([5]), is.Min(0, { groups: ['admin'] })],
    ].flat(),
  },
  {
    values: fc.integer({ min: 0, max: 8 }),
    decorators: [is.IsInt(), is.IsPositive(), is.IsDivisibleBy(2), is.IsIn([2, 4, 6])],
  },
  { values: fc.integer({ max: -1 }), decorators: [is.IsNegative(), is.IsInt({ always: false })] },
  { values: fc.boolean(), decorators: [is.IsBoolean(), is.IsDefined(), Type(() => Boolean)] },
  {
    values: word,
    decorators: [
      [is.IsString(), is.Length(1, 5), is.MinLength(1), is.MaxLength(5), is.IsNotEmpty()],
      [is.Matches(/^[^a]*$/), is.NotContains('z'), is.IsAscii(), Type(() => String)],
    ].flat(),
  },
  { values: fc.constantFrom('', null, '', null, 1), decorators: [is.IsEmpty(), is.IsOptional()] },
  {
    values: fc.constantFrom('true', '0', 'x'),
    decorators: [is.IsBooleanString(), is.Contains('')],
  },
  { values: fc.emailAddress(), decorators: [is.IsEmail(), is.IsString(), is.Contains('@')] },
  { values: fc.uuid(), decorators: [is.IsUUID(), is.IsUUID('4'), is.IsLowercase()] },
  { values: fc.webUrl(), decorators: [is.IsUrl(), is.IsUrl({ protocols: ['https'] })] },
  { values: fc.integer().map(String), decorators: [is.IsNumberString()] },
  {
    values: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    decorators: [is.IsISO8601(), is.IsDateString(), is.IsString()],
  },
  {
    values: fc.constantFrom('setosa', 'virginica', 'rosa'),
    decorators: [is.IsEnum(Species), is.IsString()],
  },
  { values: fc.constantFrom(0, 1, 2, 'Low'), decorators: [is.IsEnum(Level)] },
  {
    values: fc.array(number, { maxLength: 6 }),
    decorators: [
      [is.IsArray(), is.IsNumber({}, each), is.ArrayMinSize(1), is.ArrayMaxSize(5)],
      [is.ArrayNotEmpty(), is.ArrayUnique(), is.Min(-3, each), is.Max(1e300, each)],
      [is.ArrayNotContains([7]), Type(() => Number), is.IsNotEmpty(each), is.IsDefined(each)],
    ].flat(),
  },
  {
    values: fc.array(fc.constantFrom('a', 'b', 'c')),
    decorators: [is.IsString(each), is.IsIn(['a', 'b', 'c'], each), is.ArrayContains(['a'])],
  },
  {
    values: fc.dictionary(word, number),
    decorators: [is.IsObject(), is.IsNotEmptyObject(), is.Allow(), is.IsInstance(Object)],
  },
];

const date: Rules = {
  decorators: [is.IsDate(), Type(() => Date), is.MinDate(new Date(0))],
  text: near(fc.oneof(fc.date().map(String), fc.nat())),
};

const scalarRules: fc.Arbitrary<Rules> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(date) },
  {
    weight: 12,
    arbitrary: fc
      .constantFrom(...KINDS)
      .chain(({ values, decorators }) =>
        fc
          .subarray([...decorators], { minLength: 1, maxLength: Math.min(3, decorators.length) })
          .map((some) => ({ decorators: some, text: near(values) })),
      ),
  },
);

function nestedRules(depth: number): fc.Arbitrary<Rules> {
  return arbitraryClass(depth - 1).chain(({ makeDto, text }) => {
    const lists = fc.array(text, { maxLength: 3 }).map((texts) => `[${texts.join(',')}]`);
    const nested = (beside: (dto: DtoClass) => PropertyDecorator, options = {}) => {
      const decorate: PropertyDecorator = (target, name) => {
        const dto = makeDto();
        for (const decorator of [is.ValidateNested(options), Type(() => dto), beside(dto)]) {
          decorator(target, name);
        }
      };
      return [decorate];
    };
    return fc.constantFrom<Rules>(
      { decorators: nested(() => is.IsObject()), text },
      { decorators: nested((dto) => is.IsInstance(dto)), text },
      { decorators: nested(() => is.IsNotEmptyObject()), text },
      { decorators: nested(() => is.IsArray(), each), text: lists },
      { decorators: nested(() => is.ArrayMaxSize(2)), text: fc.oneof(lists, lists, text) },
    );
  });
}

const arbitraryName = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_NAMES) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }).filter((name) => !(name in {})) },
);

function arbitraryField(depth: number): fc.Arbitrary<Field> {
  const rules =
    depth === 0
      ? scalarRules
      : fc.oneof(
          { weight: 3, arbitrary: scalarRules },
          { weight: 1, arbitrary: nestedRules(depth) },
        );
  return fc
    .record({
      name: arbitraryName,
      isInherited: fc.boolean(),
      isOptional: fc.boolean(),
      initial: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, oddText),
      rules,
    })
    .map(({ rules: { decorators, text }, isOptional, ...field }) => ({
      ...field,
      text,
      decorators: isOptional ? [is.IsOptional(), ...decorators] : decorators,
    }));
}

interface ArbitraryClass {
  readonly makeDto: () => DtoClass;
  readonly text: fc.Arbitrary<string>;
}

function arbitraryClass(depth: number): fc.Arbitrary<ArbitraryClass> {
  return fc
    .record({
      fields: fc.uniqueArray(arbitraryField(depth), {
        minLength: 1,
        maxLength: 4,
        selector: ({ name }) => name,
      }),
      extra: fc.option(arbitraryName, { freq: 12 }),
    })
    .map(({ fields, extra }) => ({
      makeDto: () => makeClass(fields, extra),
      text: objectText(fields),
    }));
}

/** Half of the fields are the base class's; the constructor sets what some of them begin with. */
function makeClass(fields: readonly Field[], extra: string | null): DtoClass {
  class Base {
    constructor() {
      const initial = fields.filter((field) => field.initial !== undefined);
      for (const field of initial) Reflect.set(this, field.name, JSON.parse(field.initial ?? ''));
      if (extra !== null) Reflect.set(this, extra, 'of the constructor');
    }

    method(): number {
      return 1;
    }
  }
  class Dto extends Base {
    get accessor(): number {
      return 2;
    }
  }
  for (const { name, decorators, isInherited } of fields) {
    const target = isInherited ? Base.prototype : Dto.prototype;
    for (const decorate of decorators) decorate(target, name);
  }
  return Dto;
}

const unknownKey = fc.constantFrom('zzz', 'method', 'accessor', ...PROTOTYPE_KEYS);

function objectText(fields: readonly Field[]): fc.Arbitrary<string> {
  const members = fields.map(({ name, text }) => {
    const member = text.map((value) => [`${JSON.stringify(name)}:${value}`]);
    return fc.oneof({ weight: 30, arbitrary: member }, fc.constant<string[]>([]));
  });
  const unknown = fc.tuple(unknownKey, oddText).map(([key, value]) => [`"${key}":${value}`]);
  const rest = fc.oneof({ weight: 6, arbitrary: fc.constant<string[]>([]) }, unknown);
  return fc.tuple(rest, ...members).map((parts) => `{${parts.flat().join(',')}}`);
}

/** A DTO class that was decorated as an application would, and bodies for it. */
export const arbitrarySample: fc.Arbitrary<Sample> = arbitraryClass(2).chain(({ makeDto, text }) =>
  fc.array(text, { minLength: 4, maxLength: 8 }).map((texts) => ({ makeDto, texts })),
);
