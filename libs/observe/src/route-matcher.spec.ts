import { expect, it } from 'vitest';
import { createRouteMatcher } from './route-matcher.js';

const ENDPOINTS = ['/livez', '/api/livez', '/livezy', '/users/:id', '/api/users/:id', '/api', ''];

it.each([
  ['', ['/livez'], ['/livez']],
  ['api', ['/livez'], ['/livez', '/api/livez']],
  ['/api', ['/livez'], ['/livez', '/api/livez']],
  ['/api/', ['/livez'], ['/livez', '/api/livez']],
  ['', ['/users/*'], ['/users/:id']],
  ['api', ['/users/*'], ['/users/:id', '/api/users/:id']],
  ['api', ['/api/livez'], ['/api/livez']],
  ['api', [], []],
])('under the prefix %j, %j are %j', (prefix, patterns, expected) => {
  expect(ENDPOINTS.filter(createRouteMatcher(patterns, prefix))).toEqual(expected);
});
