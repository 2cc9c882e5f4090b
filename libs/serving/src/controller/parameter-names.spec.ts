import { expect, it } from 'vitest';
import { parameterNames } from './parameter-names.js';

const methods = {
  none() {},
  plain(_a: unknown, $b: unknown, ünï: unknown) {
    return [_a, $b, ünï];
  },
  async later(a: unknown, b = ')', c = [1, (x: number) => x, { d: "e,'" }], f = `,)${b}`) {
    return Promise.resolve([a, b, c, f]);
  },
  destructured(a: unknown, { b }: { b: unknown }) {
    return [a, b];
  },
  rest(a: unknown, ...others: unknown[]) {
    return [a, others];
  },
};

it.each([
  ['none', []],
  ['plain', ['_a', '$b', 'ünï']],
  ['later', ['a', 'b', 'c', 'f']],
  ['destructured', undefined],
  ['rest', undefined],
] as const)('reads the parameters of %s from its source', (name, names) => {
  expect(parameterNames(String(methods[name]))).toEqual(names);
});

it('is not led astray by comments', () => {
  const method = 'm(a /* , x ( */, b // , y\n) { return a + b; }';
  expect(parameterNames(method)).toEqual(['a', 'b']);
});
