import { expect, it } from 'vitest';
import { packOrigins, unpackOrigins } from './call-origin.js';
import type { CallOrigin } from './call-origin.js';

const holders = (...origins: readonly (CallOrigin | undefined)[]) =>
  origins.map((origin) => ({ call: { origin } }));

it('names each request once, though it made several calls, and nothing for calls of none', () => {
  const [a, b] = [{ requestId: 'a', traceparent: 'x' }, { requestId: 'b' }];
  const packed = packOrigins(holders(a, a, undefined, b));
  expect(packed).toEqual([['a', 'x'], ['b']]);
  expect(unpackOrigins(packed ?? [])).toEqual([a, b]);
  expect(packOrigins(holders(undefined))).toBeUndefined();
});
