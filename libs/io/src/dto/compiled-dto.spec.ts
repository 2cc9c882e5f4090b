import { deepStrictEqual } from 'node:assert/strict';
import { useContainer } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitrarySample } from './arbitrary-dto.fixture.js';
import { findBuild } from './compile-dto.js';
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
        // Prototypes, the sign of zero, and undefined against absent count too.
        deepStrictEqual(compiled, own, text);
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
  }, 120_000);
});
