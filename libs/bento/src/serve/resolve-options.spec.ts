import { expect, it } from 'vitest';
import { resolveOptions } from './resolve-options.js';
import type { ServeOptions } from './serve.options.js';

it.each<[ServeOptions, string]>([
  [
    { port: 70_000 },
    'Expected port of the server to be a whole number from 0 to 65535, got 70000.',
  ],
  [{ workers: 0 }, 'Expected workers of the server'],
  [{ maxRuntimeMs: 0 }, 'Expected maxRuntimeMs of the server to be a whole number from 1000'],
  [{ admin: { token: 'secret' } }, 'Expected admin.token of the server to be a text of 22 characters or more, got a shorter one.'], // prettier-ignore
])('refuses %j in the code, as in a file', (options, message) => {
  expect(() => resolveOptions(options, {})).toThrow(message);
});

it('takes what fits', () => {
  const options = { maxRuntimeMs: 1000, admin: { token: 'a'.repeat(22) } };
  expect(resolveOptions(options, { server: { port: 1 } })).toMatchObject({ ...options, port: 1 });
});
