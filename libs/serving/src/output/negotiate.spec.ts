import { expect, it } from 'vitest';
import { negotiate } from './negotiate.js';

const OFFERED = ['application/json', 'application/vnd.npy', 'application/x-npy'];

it.each([
  [undefined, 'application/json'],
  ['*/*', 'application/json'],
  ['application/x-npy', 'application/x-npy'],
  ['Application/VND.npy; q=0.9, text/html', 'application/vnd.npy'],
  ['application/json;q=0.1, application/x-npy;q=0.2', 'application/x-npy'],
  ['application/*', 'application/json'],
  ['application/*;q=0.5, application/x-npy', 'application/x-npy'],
  ['application/json;q=0, */*', 'application/vnd.npy'],
  ['text/html', 'application/json'],
  ['application/x-npy;q=nonsense', 'application/json'],
  ['', 'application/json'],
])('takes Accept %j as %s', (accept, type) => {
  expect(negotiate(accept, OFFERED)).toBe(type);
});
