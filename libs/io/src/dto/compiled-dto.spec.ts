import { deepStrictEqual, notEqual } from 'node:assert/strict';
import { plainToInstance } from 'class-transformer';
import { useContainer, validate } from 'class-validator';
import type { ValidationError } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitrarySample } from './arbitrary-dto.fixture.js';
import { findBuild } from './compile-dto.js';
import type { DtoClass } from './dto-class.js';
import { validateByClassValidator, validateDto } from './validate-dto.js';

type Outcome = { instance: object } | { error: string; details: unknown };

async function outcomeOf(decide: () => object | Promise<object>): Promise<Outcome> {
  try {
    return { instance: await decide() };
  } catch (error) {
    const { message, details } = error as Error & { details?: unknown };
    return { error: message, details };
  }
}

const parse = (text: string): object => JSON.parse(text) as object;

type StockOutcome =
  | { readonly instance: object }
  | { readonly rules: readonly string[] }
  | { readonly threw: string };

/** What class-transformer and class-validator say without anything of ours. */
async function stockOutcome<T extends object>(
  dto: DtoClass<T>,
  value: object,
  strict: boolean,
): Promise<StockOutcome> {
  let instance: object;
  let errors: readonly ValidationError[];
  try {
    instance = plainToInstance(dto as new () => T, value);
    errors = await validate(instance, { whitelist: true, forbidNonWhitelisted: strict });
  } catch (error) {
    // As @IsNumber with maxDecimalPlaces does, of 1e-7.
    return { threw: (error as Error).message };
  }
  if (errors.length === 0) return { instance };
  const rulesOf = ({ property, constraints, children }: ValidationError): string[] => [
    // Ours has the whole path in the place of the name.
    ...Object.values(constraints ?? {}).map((rule) =>
      rule.startsWith(`${property} `) ? rule.slice(property.length) : rule,
    ),
    ...(children ?? []).flatMap(rulesOf),
  ];
  return { rules: errors.flatMap(rulesOf) };
}

function expectLikeStock(own: Outcome, stock: StockOutcome, text: string): void {
  if ('instance' in stock) {
    deepStrictEqual(own, stock, text);
    return;
  }
  const details = 'error' in own ? own.details : undefined;
  if ('threw' in stock) {
    const { errors } = (details ?? {}) as { errors?: readonly { field: string }[] };
    notEqual(errors?.[0].field ?? '', '', `${text}: ${stock.threw}`);
    return;
  }
  const { errors = [] } = (details ?? {}) as { errors?: readonly { message: string }[] };
  const told = errors.map(({ message }) => message);
  deepStrictEqual(
    told.map((message, i) => message.endsWith(stock.rules[i])),
    stock.rules.slice(0, 100).map(() => true),
    `${text}: ${JSON.stringify(own)} / ${stock.rules.join('; ')}`,
  );
}

/** class-validator looks through the rules of all classes it knows: each run begins with none. */
function forgetRules(): void {
  const validators = new Map<new () => unknown, unknown>();
  useContainer({
    get: (validator: new () => unknown) => {
      if (!validators.has(validator)) validators.set(validator, new validator());
      return validators.get(validator);
    },
  });
  Reflect.deleteProperty(globalThis, 'classValidatorMetadataStorage');
}

describe('a compiled DTO', () => {
  it('agrees with class-validator on verdict, instance and error text', async () => {
    const seen = { classes: 0, compiled: 0, accepted: 0, acceptedByCompiled: 0, refused: 0 };
    const property = fc.asyncProperty(arbitrarySample, fc.boolean(), async (sample, strict) => {
      forgetRules();
      const { makeDto, texts } = sample;
      const dto = makeDto();
      const build = findBuild(dto, strict);
      seen.classes++;
      if (build !== undefined) seen.compiled++;
      for (const text of texts) {
        const own = await outcomeOf(() => validateByClassValidator(dto, parse(text), strict));
        const compiled = await outcomeOf(() => validateDto(dto, parse(text), strict));
        // class-transformer is brought down by such a key, which is what harmless-body.ts is for.
        const isHarmless = !text.includes('"constructor"');
        // A third of the classes, for it takes as long as the rest.
        if (isHarmless && seen.classes % 3 === 0)
          expectLikeStock(own, await stockOutcome(dto, parse(text), strict), text);
        // Prototypes, the sign of zero, and undefined against absent count too.
        deepStrictEqual(compiled, own, text);
        // What a client sends brings neither library down: such an error would be answered 500.
        if ('error' in own) notEqual(own.details, undefined, `${text}: ${own.error}`);
        if ('error' in own) seen.refused++;
        else seen.accepted++;
        const instance = await outcomeOf(() => build?.(parse(text)) ?? Promise.reject(new Error()));
        if ('instance' in instance && build !== undefined) seen.acceptedByCompiled++;
      }
    });
    await fc.assert(property, { numRuns: 1500 });
    // The property would hold of nothing, too.
    expect(seen.refused).toBeGreaterThan(1000);
    expect(seen.accepted).toBeGreaterThan(1000);
    expect(seen.compiled / seen.classes).toBeGreaterThan(0.9);
    expect(seen.acceptedByCompiled / seen.accepted).toBeGreaterThan(0.8);
  }, 240_000);
});
