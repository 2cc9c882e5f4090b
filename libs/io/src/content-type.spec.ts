import { expect, it } from 'vitest';
import { matchContentType } from './content-type.js';

const ACCEPTED = ['application/json', 'application/x-npy'];

it.each([
  [undefined, 'application/json'],
  ['', 'application/json'],
  ['application/json; charset=utf-8', 'application/json'],
  ['APPLICATION/X-NPY', 'application/x-npy'],
])('takes %j as %s', (header, type) => {
  expect(matchContentType(header, ACCEPTED)).toBe(type);
});

it('names what came and what is read, in printable characters', () => {
  expect(() => matchContentType('text/\u0000csv', ACCEPTED)).toThrow(
    'Expected a body of type application/json or application/x-npy, got text/?csv.',
  );
  expect(() => matchContentType(';', ACCEPTED)).toThrow('got an empty content-type');
  expect(() => matchContentType('x'.repeat(100), ACCEPTED)).toThrow(`got ${'x'.repeat(60)}….`);
});

it.each([
  ['image/png', 'image/png'],
  [undefined, 'application/octet-stream'],
  ['text/csv', 'text/csv'],
])('reads %j where many are read', (header, type) => {
  expect(matchContentType(header, ['*/*', 'image/*'])).toBe(type);
});

it('takes only the kinds of a range', () => {
  expect(() => matchContentType('imagery/x', ['image/*'])).toThrow('type image/*, got imagery/x');
});
