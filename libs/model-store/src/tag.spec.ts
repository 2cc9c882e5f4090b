import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidTagError } from './model-store.errors.js';
import { Tag } from './tag.js';

function refusal(text: unknown): InvalidTagError {
  try {
    Tag.parse(text as string);
  } catch (error) {
    if (error instanceof InvalidTagError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(text)} was taken for a tag`);
}

describe('Tag.parse', () => {
  it('reads a name and a version, and writes them back', () => {
    const tag = Tag.parse('iris_clf:qojfx7t2csxcqyz4');
    expect([tag.name, tag.version]).toEqual(['iris_clf', 'qojfx7t2csxcqyz4']);
    expect(tag.toString()).toBe('iris_clf:qojfx7t2csxcqyz4');
    expect(Tag.parse('a-b.c_9').toString()).toBe('a-b.c_9');
    expect(Tag.parse('a').version).toBeUndefined();
  });

  it.each([
    '',
    '.',
    '..',
    '../x',
    'a/../b',
    'a/b',
    'a\\b',
    '%2e%2e',
    'a%2fb',
    'a\0b',
    'a\n',
    ' a',
    'Iris',
    'ïris',
    'iriѕ',
    '-a',
    'a-',
    '.a',
    'a.',
    '_a',
    ':v1',
    'a:',
    'a:b:c',
    'a:..',
    'a:../b',
    'a:V1',
    'a:v1 ',
    'a'.repeat(64),
    `a:${'b'.repeat(64)}`,
  ])('refuses %j', (text) => {
    expect(refusal(text)).toMatchObject({ code: 'INVALID_TAG', statusCode: 400 });
  });

  it('takes 63 characters', () => {
    const part = 'a'.repeat(63);
    expect(Tag.parse(`${part}:${part}`).version).toBe(part);
  });

  it('names what came, in ASCII and shortened, and the grammar', () => {
    expect(refusal('a:Ü\n').message).toBe(
      'Expected a tag such as "iris_clf" or "iris_clf:latest", got "\\u00dc\\n" as its version. ' +
        'A version is 1 to 63 of a-z, 0-9, "-", "." and "_", and begins and ends with a letter or digit.',
    );
    const long = refusal('A'.repeat(10_000)).message;
    expect(long).toContain(`"${'A'.repeat(80)}…"`);
    expect(long.length).toBeLessThan(400);
    expect(refusal(5).message).toContain('got a value of type number as its name');
  });

  it('takes a string exactly when it is by the regex and length of BentoML', () => {
    const bentoml = /^(?:[a-z0-9]|[a-z0-9][-._a-z0-9]{0,61}[a-z0-9])$/;
    const near = fc.string({
      unit: fc.constantFrom('a', 'z', '0', '9', '-', '.', '_'),
      maxLength: 70,
    });
    const accepted = (text: string) => {
      try {
        return [new Tag(text).name, new Tag('a', text).version];
      } catch (error) {
        if (error instanceof InvalidTagError) return undefined;
        throw error;
      }
    };
    const agrees = (text: string) => {
      expect(accepted(text)).toEqual(bentoml.test(text) ? [text, text] : undefined);
    };
    // All of ASCII and Latin-1, for a random character would seldom be the one let in.
    for (let code = 0; code < 0x100; code++) {
      const char = String.fromCharCode(code);
      [`a${char}b`, `${char}b`, `a${char}`].forEach(agrees);
    }
    fc.assert(fc.property(fc.oneof(near, fc.string({ unit: 'binary' })), agrees), {
      numRuns: 1000,
    });
  });

  it('takes whatever the constructor takes, and nothing that could be a path', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]([-._a-z0-9]{0,9}[a-z0-9])?$/), (name) => {
        expect(Tag.parse(`${name}:${name}`)).toEqual(new Tag(name, name));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('/', '\\', '\0', '%'), (a, b) => {
        expect(() => Tag.parse(a + b)).toThrow(InvalidTagError);
        expect(() => Tag.parse(`a:${b}${a}`)).toThrow(InvalidTagError);
      }),
    );
  });
});
