import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { text } from './text.js';
import type { TextOptions } from './text.js';

function decode(body: Buffer, options: TextOptions = {}, type = 'text/plain'): string {
  const input = { contentType: 'text/plain', headers: { 'content-type': type }, body };
  return text(options).decode(input) as string;
}

describe('decode', () => {
  it('reads any text in UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const body = Buffer.from(value);
        expect(decode(body)).toBe(body.toString().replace(/^\uFEFF/, ''));
      }),
    );
  });

  it.each([
    [[0x61, 0xc3, 0x28], '0xc3 at byte 1'],
    [[0xff], '0xff at byte 0'],
    // A replacement character that the client did send is none of ours.
    [[0xef, 0xbf, 0xbd, 0xe2, 0x82, 0xac, 0xed, 0xa0, 0x80], '0xed at byte 6'],
    [[0x61, 0xe2, 0x82], '0xe2 at byte 1'],
  ])('says where %j is no UTF-8', (bytes, where) => {
    expect(() => decode(Buffer.from(bytes))).toThrow(
      `Expected text in UTF-8, got the byte ${where}.`,
    );
  });

  it('names the very byte where one is broken', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (before, after) => {
        const start = Buffer.from(before);
        const body = Buffer.concat([start, Buffer.from([0xff]), Buffer.from(after)]);
        expect(() => decode(body)).toThrow(`got the byte 0xff at byte ${start.length}.`);
      }),
    );
  });

  it.each([
    'text/plain; charset=UTF-8',
    'text/plain;charset="utf-8"',
    'text/plain; charset=us-ascii',
  ])('takes %s', (type) => {
    expect(decode(Buffer.from('a'), {}, type)).toBe('a');
  });

  it('refuses another charset with 415', () => {
    expect(() => decode(Buffer.from('a'), {}, 'text/plain; charset=latin1')).toThrow(
      expect.objectContaining({
        statusCode: 415,
        message: expect.stringContaining('text with charset=utf-8, got the charset') as string,
      }),
    );
  });

  it('counts characters, not their halves', () => {
    expect(decode(Buffer.from('😀😀'), { maxLength: 2 })).toBe('😀😀');
    expect(() => decode(Buffer.from('😀😀a'), { maxLength: 2 })).toThrow(
      'Expected text of at most 2 characters, got 3.',
    );
  });
});

describe('encode', () => {
  it('writes a string in its content type', () => {
    expect(text().encode('a', 'text/plain')).toEqual({
      contentType: 'text/plain; charset=utf-8',
      body: 'a',
    });
  });

  it('streams the pieces of an async iterable, the empty ones too', async () => {
    const descriptor = text({ contentType: 'text/event-stream' });
    const pieces = Readable.from(['data: ä\n', '', '\n']);
    const { contentType, body } = await descriptor.encode(pieces as never, 'text/event-stream');
    expect(contentType).toBe('text/event-stream; charset=utf-8');
    expect((await buffer(body as Readable)).toString()).toBe('data: ä\n\n');
  });

  it('says what the service must return', async () => {
    expect(() => text().encode(1 as never, 'text/plain')).toThrow(
      'must return a string or an async iterable of strings for its output text(), got the number 1',
    );
    const { body } = await text().encode(Readable.from([1]) as never, 'text/plain');
    await expect(buffer(body as Readable)).rejects.toThrow('got the number 1');
  });
});

it('describes a string, and refuses a content type that is none', () => {
  expect(text({ maxLength: 5 }).schema()).toEqual({
    'text/plain': { type: 'string', maxLength: 5 },
  });
  expect(() => text({ contentType: 'text/*' })).toThrow('as contentType the string "text/*"');
});
