import { expect, it } from 'vitest';
import { ConcurrencyLimit } from './concurrency-limit.js';

it('takes so many at a time, and counts in the wider limit what it takes', () => {
  const service = new ConcurrencyLimit(3, 'service');
  const routes = [2, 2].map((max) => new ConcurrencyLimit(max, 'route', service));
  const [first, second] = routes;
  first.enter();
  first.enter();
  expect(() => first.enter()).toThrow('this route takes 2 at a time');
  second.enter();
  expect(() => second.enter()).toThrow('this service takes 3 at a time');
  expect(() => second.check()).toThrow('this service takes 3 at a time');
  first.leave();
  second.enter();
  expect(() => first.enter()).toThrow('this service takes 3 at a time');
});

it('does not count what it refused', () => {
  const limit = new ConcurrencyLimit(1, 'route', new ConcurrencyLimit(1, 'service'));
  limit.enter();
  for (let i = 0; i < 3; i++) expect(() => limit.enter()).toThrow('Too many requests');
  limit.leave();
  expect(() => limit.enter()).not.toThrow();
});
