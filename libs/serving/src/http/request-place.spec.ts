import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { RequestPlace } from './request-place.js';

it('is one place, whenever its client goes and however late a method of its begins', () => {
  const limit = new ConcurrencyLimit(1, 'server');
  const place = RequestPlace.take({} as IncomingMessage, limit);
  expect(() => limit.check()).toThrow('Too many requests');
  place.release();
  limit.check();
  place.hold();
  expect(() => limit.check()).toThrow('Too many requests');
  place.release();
  limit.check();
  // None was given back twice.
  limit.enter();
  expect(() => limit.check()).toThrow('Too many requests');
});
