import { dataFrame, text } from 'bentonest/io';
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { decodeBody } from './decode-body.js';

const requestOf = (type: string, body: unknown): FastifyRequest =>
  ({ headers: { 'content-type': type }, body }) as FastifyRequest;

describe('what a parser left of a body', () => {
  it.each([
    ['a Buffer', Buffer.from('a,b')],
    ['a string', 'a,b'],
    ['other bytes', new TextEncoder().encode('a,b')],
  ])('may be %s', (_what, body) => {
    expect(decodeBody(text(), requestOf('text/plain', body))).toBe('a,b');
  });

  it.each([undefined, null])('is empty where it is %s', (body) => {
    expect(decodeBody(text(), requestOf('text/plain', body))).toBe('');
  });

  it.each([[[['a', 'b']]], [{ a: 1 }], [5]])('is no body that was parsed: %j', (body) => {
    const read = (): unknown => decodeBody(dataFrame(), requestOf('text/csv', body));
    expect(read).toThrow('own content-type parser has parsed a body of type text/csv');
  });
});
