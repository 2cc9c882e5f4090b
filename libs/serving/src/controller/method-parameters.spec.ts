import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readParameters } from './method-parameters.js';

const methods = {
  none() {},
  plain(_a: unknown, $b: unknown, ünï: unknown) {
    return [_a, $b, ünï];
  },
  async later(a: unknown, b = ')', c = [1, (x: number) => x, { d: "e,'" }], f = `,)${b}\``) {
    return Promise.resolve([a, b, c, f]);
  },
  url(base = 'https://example.com/a', key = /[)/,]\//.test(base), half = 1 / 2, last = 4 / 2) {
    return [base, key, half, last];
  },
  destructured(a: unknown, { b = 1, c }: { b?: number; c?: unknown } = {}) {
    return [a, b, c];
  },
  rest(a: unknown, ...others: unknown[]) {
    return [a, others];
  },
  *stream(a: unknown) {
    yield a;
  },
  async *streamLater(a: unknown) {
    yield Promise.resolve(a);
  },
  'quoted (name)'(a: unknown) {
    return a;
  },
  [['computed', '(', ')'].join('')](a: unknown) {
    return a;
  },
};

const namesOf = (method: (...args: never) => unknown) =>
  readParameters(method).map(({ name }) => name);

describe('the parameters of a method, read from its source', () => {
  it.each([
    ['none', []],
    ['plain', ['_a', '$b', 'ünï']],
    ['later', ['a', 'b', 'c', 'f']],
    ['url', ['base', 'key', 'half', 'last']],
    ['destructured', ['a', undefined]],
    ['rest', ['a', 'others']],
    ['stream', ['a']],
    ['streamLater', ['a']],
    ['quoted (name)', ['a']],
    ['computed()', ['a']],
  ] as const)('%s: their names', (name, names) => {
    expect(namesOf(methods[name])).toEqual(names);
  });

  it('their defaults', () => {
    const fallbacks = (method: (...args: never) => unknown) =>
      readParameters(method).map(({ fallback }) => fallback);
    expect(fallbacks(methods.plain)).toEqual([undefined, undefined, undefined]);
    expect(fallbacks(methods.destructured)).toEqual([undefined, '{}']);
    expect(fallbacks(methods.later).slice(0, 2)).toEqual([
      undefined,
      expect.stringMatching(/^.\).$/),
    ]);
    expect(fallbacks(methods.url).slice(2)).toEqual(['1 / 2', '4 / 2']);
  });

  it('whether they are the rest', () => {
    expect(readParameters(methods.rest).map(({ isRest }) => isRest)).toEqual([false, true]);
  });

  it('of functions that decorators put in the place of a method', () => {
    const wrapper = function (...args: unknown[]): unknown {
      return args;
    };
    expect(readParameters(wrapper)).toMatchObject([{ name: 'args', isRest: true }]);
    expect(namesOf((a: unknown, b: unknown) => [a, b])).toEqual(['a', 'b']);
    // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- the one way to an arrow without parentheses
    const arrow = new Function('return async one => one')() as (one: unknown) => unknown;
    expect(namesOf(arrow)).toEqual(['one']);
    expect(namesOf(methods.plain.bind(methods))).toEqual([]);
  });

  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- comments that no formatter moves
  const compile = (parameters: string) => new Function(`return ({ m(${parameters}) {} }).m`)();

  it('with comments anywhere', () => {
    const method = compile('a /* , x = ( */, b // , y = )\n = 1 /* ) */, /**/ c') as () => unknown;
    expect(readParameters(method)).toEqual([
      { name: 'a', isRest: false, fallback: undefined },
      { name: 'b', isRest: false, fallback: '1' },
      { name: 'c', isRest: false, fallback: undefined },
    ]);
  });

  it('whatever the defaults are', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('()[]{},=/*`\'"$\\a ')) });
    const values = fc.oneof(
      text.map((value) => JSON.stringify(value)),
      text.map((value) => `\`\${${JSON.stringify(value)}}\``),
      text.map((value) => `[${JSON.stringify(value)}, { a: (1) }]`),
      text.map((value) => `/[${value.replaceAll(/[\\/[\]]/g, '')}a]/`),
    );
    fc.assert(
      fc.property(fc.array(values), (defaults) => {
        const source = defaults.map((value, index) => `p${index} = ${value}`).join(', ');
        const read = readParameters(compile(source) as () => unknown);
        expect(read.map(({ fallback }) => fallback)).toEqual(defaults);
      }),
    );
  });
});
