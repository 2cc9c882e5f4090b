import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandUsageError } from '../cli.errors.js';
import { spellingsOf } from './names.js';

it('spells a name as files, models, classes and members do', () => {
  expect(spellingsOf('house-prices2')).toEqual({
    kebab: 'house-prices2',
    snake: 'house_prices2',
    pascal: 'HousePrices2',
    camel: 'housePrices2',
  });
});

describe('a name', () => {
  it.each([
    '',
    '..',
    '../x',
    'a/b',
    'a\\b',
    'A',
    '1a',
    '-a',
    'a-',
    'a--b',
    'a.b',
    'a\0',
    'a'.repeat(61),
  ])('is not %j', (name) => {
    expect(() => spellingsOf(name)).toThrow(CommandUsageError);
  });

  it('that is taken is a class, a folder and a tag, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '.', '/') }), (name) => {
        let spelled;
        try {
          spelled = spellingsOf(name);
        } catch (error) {
          return error instanceof CommandUsageError;
        }
        return /^[A-Z]\w*$/.test(spelled.pascal) && /^[a-z0-9_]+$/.test(spelled.snake);
      }),
    );
  });
});
