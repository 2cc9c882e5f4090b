import 'reflect-metadata';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import * as is from 'class-validator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SLOW_DTO_CHANNEL } from '../io.channels.js';
import { findBuild } from './compile-dto.js';
import type { DtoClass } from './dto-class.js';
import { validateDto } from './validate-dto.js';

class Leaf {
  @is.IsNumber() length: number;
}

function obstacleOf(dto: DtoClass): unknown {
  const events: unknown[] = [];
  const listen = (event: unknown): void => void events.push(event);
  subscribe(SLOW_DTO_CHANNEL, listen);
  onTestFinished(() => void unsubscribe(SLOW_DTO_CHANNEL, listen));
  expect(findBuild(dto, false)).toBeUndefined();
  // Each is reported once.
  expect(findBuild(dto, false)).toBeUndefined();
  expect(events).toHaveLength(1);
  return events[0];
}

function decorated(...decorators: PropertyDecorator[]): DtoClass {
  class Iris {
    x: unknown;
  }
  for (const decorate of decorators) decorate(Iris.prototype, 'x');
  return Iris;
}

@is.ValidatorConstraint()
class IsOdd implements is.ValidatorConstraintInterface {
  validate(value: number): boolean {
    return value % 2 === 1;
  }
}

describe('a DTO with a rule that is not compiled', () => {
  it.each<[string, PropertyDecorator[]]>([
    ['@Transform on field x', [is.IsNumber(), Transform(({ value }) => Number(value))]],
    ['@Expose on field x', [is.IsNumber(), Expose()]],
    ['@Exclude on field x', [is.IsNumber(), Exclude()]],
    ['@ValidateIf on field x', [is.IsNumber(), is.ValidateIf(() => true)]],
    ['validateIf on field x', [is.IsNumber({}, { validateIf: () => true })]],
    ['the rule isOdd on field x', [is.ValidateBy({ name: 'isOdd', validator: () => true })]],
    ['the rule IsOdd on field x', [is.Validate(IsOdd)]],
    ['the rule promiseValidation on field x', [is.ValidatePromise()]],
    ['@ValidateNested without @Type on field x', [is.ValidateNested()]],
    ['@Type without @ValidateNested on field x', [is.IsObject(), Type(() => Leaf)]],
    [
      '@Type that depends on the object on field x',
      [is.ValidateNested(), Type((options) => (options?.object === null ? Object : Leaf))],
    ],
    [
      '@Type with a discriminator on field x',
      [
        is.ValidateNested(),
        Type(() => Leaf, {
          discriminator: { property: 'kind', subTypes: [{ name: 'leaf', value: Leaf }] },
        }),
      ],
    ],
    [
      '@ArrayUnique beside @ValidateNested on field x',
      [is.ValidateNested(), Type(() => Leaf), is.ArrayUnique(Object.keys)],
    ],
    ['no field with a rule (Set)', [is.ValidateNested(), Type(() => Set)]],
  ])('says so: %s', (reason, decorators) => {
    expect(obstacleOf(decorated(...decorators))).toEqual({ dto: 'Iris', reason });
  });

  it('names the nested class whose rule it is', () => {
    const inner = decorated(
      is.IsNumber(),
      Transform(({ value }) => Number(value)),
    );
    class Plant {
      @is.ValidateNested() @Type(() => inner) leaf: object;
    }
    expect(obstacleOf(Plant)).toEqual({ dto: 'Plant', reason: '@Transform on field x (Iris)' });
  });

  it('is decided by class-validator itself', async () => {
    class Sum {
      @is.IsNumber() @Transform(({ value }) => Number(value)) x: number;
      @is.Validate(IsOdd) odd: number;
    }
    expect(await validateDto(Sum, { x: '5', odd: 1 }, false)).toEqual({ x: 5, odd: 1 });
    const refused = validateDto(Sum, { x: '5', odd: 2 }, false);
    await expect(refused).rejects.toMatchObject({ details: { errors: [{ field: 'odd' }] } });
  });
});

it('an object whose class has no rules is refused by its path', async () => {
  class Bare {
    x: number;
  }
  class Plant {
    @is.ValidateNested() @Type(() => Bare) leaf: Bare;
  }
  await expect(validateDto(Plant, { leaf: { x: 1 } }, false)).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    message: 'leaf: an unknown value was passed to the validate function, got an object.',
    details: { errors: [{ field: 'leaf' }] },
  });
});

describe('a compiled DTO', () => {
  it('may be nested in itself', async () => {
    class Node {
      @is.IsInt() value: number;
      @is.IsOptional() @is.ValidateNested({ each: true }) @Type(() => Node) children?: Node[];
    }
    const tree = { value: 1, children: [{ value: 2, children: [{ value: 3, x: 1 }] }] };
    const made = validateDto(Node, tree, false) as Node;
    expect(made.children?.[0].children?.[0]).toBeInstanceOf(Node);
    expect(made.children?.[0].children?.[0]).toEqual({ value: 3 });
    const wrong = { value: 1, children: [{ value: 2, children: [{ value: 'x' }] }] };
    await expect(validateDto(Node, wrong, false)).rejects.toThrow(
      'children[0].children[0].value must be an integer number, got the string "x".',
    );
  });

  it('keeps what the constructor sets, but for fields without rules', () => {
    class Options {
      @is.IsInt() size = 3;
      @is.IsString() unit = 'cm';
      note = 'of the class';
    }
    const made = validateDto(Options, { unit: 'mm', note: 'of the client' }, false);
    expect(made).toBeInstanceOf(Options);
    expect(Object.entries(made)).toEqual([
      ['size', 3],
      ['unit', 'mm'],
    ]);
  });

  it('leaves a rule of the application that is named as one of class-validator its own meaning', async () => {
    const isInt = (validate: (value: unknown, args?: is.ValidationArguments) => boolean) =>
      is.ValidateBy({ name: 'isInt', validator: { validate, defaultMessage: () => 'no' } });
    const even = decorated(isInt((value) => Number(value) % 2 === 0));
    expect(validateDto(even, { x: 4 }, false)).toEqual({ x: 4 });
    await expect(validateDto(even, { x: 3 }, false)).rejects.toThrow('no');
    const byObject = decorated(
      isInt((_, args) => Number(Reflect.get(args?.object ?? {}, 'x')) > 1),
    );
    expect(await validateDto(byObject, { x: 2 }, false)).toEqual({ x: 2 });
    await expect(validateDto(byObject, { x: 1 }, false)).rejects.toThrow('no');
  });

  it('takes objects of any size, of which class-validator would be slow to refuse', async () => {
    class Weights {
      @is.IsObject() byWord: object;
      @is.IsOptional() @is.IsInt() size?: number;
    }
    const words = Array.from({ length: 50_000 }, (_, i) => [`word ${i}`, i] as const);
    const byWord = Object.fromEntries(words);
    expect(validateDto(Weights, { byWord }, false)).toEqual({ byWord });
    const refused = validateDto(Weights, { byWord, size: 'x' }, false);
    await expect(refused).rejects.toThrow('at most 2000 fields, got one of 50000');
  });

  it('runs no text of a field’s name', () => {
    const name = '"]; throw new Error("run"); //\u2028\n`${process.exit(1)}`';
    const Odd = decorated(is.IsOptional());
    is.IsInt()(Odd.prototype, name);
    const body = JSON.parse(`{${JSON.stringify(name)}:1}`) as object;
    expect(findBuild(Odd, true)?.(body)).toEqual({ [name]: 1 });
  });
});

describe('every validator that class-validator brings', () => {
  /** What a decorator is called with, where it takes something. */
  const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
    ArrayContains: [[1]],
    ArrayMaxSize: [1],
    ArrayMinSize: [1],
    ArrayNotContains: [[1]],
    Contains: ['a'],
    DivisibleBy: [2],
    Equals: [1],
    IsDivisibleBy: [2],
    IsEnum: [{ a: 'a' }],
    IsIn: [['a']],
    IsInstance: [Date],
    IsNotIn: [['a']],
    Length: [1, 2],
    Matches: [/a/],
    Max: [1],
    MaxDate: [new Date(0)],
    MaxLength: [1],
    Min: [1],
    MinDate: [new Date(0)],
    MinLength: [1],
    NotContains: ['a'],
    NotEquals: [1],
    IsHash: ['md5'],
    IsMobilePhone: ['de-DE'],
    IsPostalCode: ['DE'],
    IsRgbColor: [true],
    IsTaxId: ['en-US'],
  };
  /** Of the decorators, what is no validator or decides by code of the user's. */
  const OTHERS = [
    'Allow',
    'IsPromise',
    'Validate',
    'ValidateBy',
    'ValidateIf',
    'ValidateNested',
    'ValidatePromise',
    'ValidatorConstraint',
  ];
  const all: Readonly<Record<string, unknown>> = { ...is };
  const names = Object.keys(all).filter((name) => /^[A-Z]/.test(name) && !OTHERS.includes(name));
  // Each has a function of its name, if not in the same letters: IsUrl has isURL.
  const checks = Object.keys(all).filter((name) => /^[a-z]/.test(name));
  const known = new Set(checks.map((name) => name.toLowerCase()));
  const decorators = names.filter(
    (name) => name.toUpperCase() !== name && known.has(name.toLowerCase()),
  );

  it('has IsUrl among them', () => {
    expect(decorators).toContain('IsUrl');
  });

  it.each(decorators)('%s', (name) => {
    class Dto {
      declare field: unknown;
    }
    const make = all[name] as (...options: unknown[]) => PropertyDecorator;
    make(...(ARGUMENTS[name] ?? []))(Dto.prototype, 'field');
    expect(findBuild(Dto, false)).toBeTypeOf('function');
  });

  it('is a good hundred of them', () => {
    expect(decorators.length).toBeGreaterThan(90);
  });
});
