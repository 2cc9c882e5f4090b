import { expect, it } from 'vitest';
import { toRoutePattern } from './route-pattern.js';

it.each([
  ['/same', '/same'],
  ['/p/:id', '/p/:'],
  ['/p/:id/q/:name', '/p/:/q/:'],
  ['/p/:id(^\\d+$)/q', '/p/:()/q'],
  ['/p/:id(^(a|\\)b)$)-:name', '/p/:()-:'],
  ['/:year-:month.json', '/:-:.json'],
  ['/v1/models::predict', '/v1/models::predict'],
  ['/files/*', '/files/*'],
])('of %s is %s', (url, pattern) => {
  expect(toRoutePattern(url)).toBe(pattern);
});
