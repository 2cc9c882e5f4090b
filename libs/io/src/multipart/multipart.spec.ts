import { readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { NdArray } from 'bentonest/tensor';
import { IsNumber } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { FileUpload } from '../file/file-upload.js';
import { file } from '../file/file.js';
import type { IoDescriptor } from '../io-descriptor.js';
import { json } from '../json/json.js';
import { ndarray } from '../ndarray/ndarray.js';
import { text } from '../text/text.js';
import { multipart } from './multipart.js';
import type { FormOf } from './multipart.js';

class Threshold {
  @IsNumber() value: number;
}

const B = 'frontier';
const FORM = 'multipart/form-data';

function part(name: string, value: string, headers = ''): string {
  return `--${B}\r\ncontent-disposition: form-data; name="${name}"${headers}\r\n\r\n${value}\r\n`;
}

function chunksOf(body: Buffer, size: number): Buffer[] {
  const count = Math.ceil(body.length / size);
  return Array.from({ length: count }, (_, i) => body.subarray(i * size, (i + 1) * size));
}

interface Sent {
  readonly type?: string;
  readonly chunkSize?: number;
  readonly ends?: (() => void)[];
}

async function decode<T>(descriptor: IoDescriptor<T>, form: string | Buffer, sent: Sent = {}) {
  const { type = `${FORM}; boundary=${B}`, chunkSize = 65_536, ends = [] } = sent;
  if (descriptor.reads !== 'stream') throw new Error('A form is a stream.');
  return descriptor.decode({
    contentType: FORM,
    headers: { 'content-type': type },
    body: Readable.from(chunksOf(Buffer.from(form), chunkSize), { objectMode: false }),
    onRequestEnd: (release) => void ends.push(release),
  });
}

/** Temporary files that this process holds open; they have no names. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.includes('bentonest-part-') ? [path] : [];
    } catch {
      return [];
    }
  });
}

async function untilNoneOpen(): Promise<void> {
  while (openFiles().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

const END = `--${B}--\r\n`;
const pair = multipart({ scores: ndarray(), threshold: json(Threshold) });
const GOOD = part('threshold', '{"value":0.5}') + part('scores', '[1,2]') + END;

describe('decode', () => {
  it('reads what browsers and Node send', async () => {
    const form = new FormData();
    form.append('threshold', '{"value":0.5}');
    form.append('scores', new Blob(['[1,2]'], { type: 'application/json' }));
    form.append('upload', new Blob(['a,b'], { type: 'text/csv' }), '../ä "1".csv');
    const sent = new Response(form);
    const descriptor = multipart({ scores: ndarray(), threshold: json(Threshold), upload: file() });
    const type = sent.headers.get('content-type') ?? '';
    const value = await decode(descriptor, Buffer.from(await sent.arrayBuffer()), { type });
    expectTypeOf(value).toEqualTypeOf<{
      scores: NdArray;
      threshold: Threshold;
      upload: FileUpload;
    }>();
    expect(Object.keys(value)).toEqual(['scores', 'threshold', 'upload']);
    expect(value.scores).toEqual(NdArray.from([1n, 2n]));
    expect(value.threshold).toEqual(Object.assign(new Threshold(), { value: 0.5 }));
    expect(value.upload).toMatchObject({ contentType: 'text/csv', filename: 'ä "1".csv', size: 3 });
    expect(await value.upload.text()).toBe('a,b');
  });

  it('reads the same, wherever the chunks are cut', async () => {
    const form = `a preamble\r\n${GOOD}an epilogue\r\n${part('scores', '[9]')}`;
    const expected = await decode(pair, form);
    for (let chunkSize = 1; chunkSize < form.length; chunkSize++) {
      expect(await decode(pair, form, { chunkSize })).toEqual(expected);
    }
  });

  it('reads a part of untold type as the first type of its descriptor', async () => {
    for (const type of ['text/plain; charset=utf-8', 'application/octet-stream']) {
      const typed = part('threshold', '{"value":1}', `\r\nContent-Type: ${type}`);
      const { threshold } = await decode(pair, typed + part('scores', '[1,2]') + END);
      expect(threshold).toEqual({ value: 1 });
    }
  });

  it('takes an RFC 8187 file name, and none from an empty one', async () => {
    const descriptor = multipart({ f: file() });
    const named = `; filename="x"; filename*=UTF-8''%E5%90%8D.txt`;
    expect((await decode(descriptor, part('f', '', named) + END)).f.filename).toBe('名.txt');
    const empty = await decode(descriptor, part('f', '', '; filename=""') + END);
    expect(empty.f.filename).toBeUndefined();
    expect(await empty.f.text()).toBe('');
  });

  it('reads long parts whose ends and headers are in one chunk with others', async () => {
    const long = 'x'.repeat(100_000);
    const many = multipart({ a: file(), b: text(), c: file() }, { maxMemoryBytes: 50_000 });
    const form = part('a', long) + part('none', long) + part('b', long) + part('c', long) + END;
    for (const chunkSize of [1_000_000, 300_170, 100_090, 65_536, 16_384, 4099]) {
      const { a, b, c } = await decode(many, form, { chunkSize });
      expect([await c.text(), b, await a.text()]).toEqual([long, long, long]);
    }
  });

  it.each([
    ['a missing part', part('scores', '[1]') + END, 400, 'the part threshold, got only scores'],
    ['no part', END, 400, 'the part scores and the part threshold, got none of its parts'],
    ['a part that comes twice', part('scores', '[1]') + GOOD, 400, 'one part scores, got more'],
    ['a bad value', part('scores', '[1') + END, 400, 'scores: Expected'],
    ['a bad field', part('threshold', '{}') + END, 400, 'threshold: value must be a number'],
    [
      'a bad type',
      part('scores', '', '\r\ncontent-type: a/b') + END,
      415,
      'scores: Expected a body of type',
    ],
    [
      'no name',
      `--${B}\r\ncontent-disposition: form-data\r\n\r\n1\r\n${END}`,
      400,
      'name at each part, got none at part 1',
    ],
    ['no headers', `--${B}\r\n\r\n1\r\n${END}`, 400, 'got none at part 1'],
    ['headers without end', `--${B}\r\na: b\r\n${GOOD}`, 400, 'got none at part 1'],
    [
      'mail',
      part('scores', 'WzFd', '\r\ncontent-transfer-encoding: base64') + END,
      400,
      'Send it as binary',
    ],
    ['no end', GOOD.slice(0, -END.length), 400, `ends without --${B}--`],
    ['half an end', GOOD.slice(0, -4), 400, `ends without --${B}--`],
    ['an end within a value', GOOD.slice(0, GOOD.length / 2), 400, 'ends without'],
    ['nothing', '', 400, 'ends without'],
    ['another boundary', GOOD.replaceAll(B, 'other'), 400, 'ends without'],
    [
      'too long headers',
      part('scores', '[1]', `\r\nx: ${'y'.repeat(16_384)}`) + END,
      413,
      '16384 bytes',
    ],
    [
      'endless headers',
      part('scores', '[1]', `\r\nx: ${'y'.repeat(99_999)}`) + END,
      413,
      '16384 bytes',
    ],
    [
      'too many headers',
      part('scores', '[1]', '\r\nx: y'.repeat(50)) + END,
      413,
      'at most 50 headers',
    ],
    ['too many parts', part('x', '').repeat(1001) + END, 413, 'at most 1000 parts'],
  ])('refuses %s', async (_name, form, statusCode, message) => {
    for (const chunkSize of [65_536, 7]) {
      const answer = decode(pair, form, { chunkSize });
      await expect(answer).rejects.toMatchObject({ statusCode });
      await expect(answer).rejects.toThrow(message);
    }
  });

  it.each([
    FORM,
    `${FORM}; boundary=`,
    `${FORM}; boundary=${'x'.repeat(71)}`,
    `${FORM}; boundary="a\nb"`,
  ])('refuses the content type %j', async (type) => {
    await expect(decode(pair, GOOD, { type })).rejects.toThrow('a boundary of 1 to 70 characters');
  });

  it('limits what is read into memory, and files by their own limit', async () => {
    const small = multipart({ t: text(), f: file({ maxBytes: 3 }) }, { maxPartBytes: 3 });
    const fits = part('t', 'abc') + part('f', 'abc') + END;
    expect((await decode(small, fits)).t).toBe('abc');
    await expect(decode(small, fits.replace('abc', 'abcd'))).rejects.toMatchObject({
      statusCode: 413,
      message: 't: Expected a part of at most 3 bytes, got more.',
    });
    await expect(decode(small, part('f', 'abcd') + END)).rejects.toMatchObject({
      statusCode: 413,
      message: 'f: Expected a file of at most 3 bytes, got more.',
    });
  });

  it('drops or refuses parts that are not declared, whatever their names', async () => {
    const unknown = part('__proto__', '{"polluted":1}') + part('constructor', '1');
    const value = await decode(pair, unknown + GOOD);
    expect(Object.keys(value)).toEqual(['scores', 'threshold']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    const strict = multipart({ scores: ndarray() }, { forbidUnknown: true });
    await expect(decode(strict, GOOD)).rejects.toThrow(
      'no parts but scores, got one named "threshold"',
    );
  });

  it('hands on why the body broke off', async () => {
    const body = new Readable({ read: () => undefined });
    const headers = { 'content-type': `${FORM}; boundary=${B}` };
    body.push(GOOD.slice(0, 120));
    const answer = pair.decode({ contentType: FORM, headers, body });
    setImmediate(() => body.destroy(new Error('gone')));
    await expect(answer).rejects.toThrow('gone');
  });
});

describe('files of a form', () => {
  const long = 'x'.repeat(5000);
  const two = multipart({ a: file(), b: file() }, { maxMemoryBytes: 1000 });

  it('are in temporary files beyond the limit of memory, without names, until they are read', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('bentonest-part-'));
    const value = await decode(two, part('a', long) + part('b', 'short') + END, { chunkSize: 100 });
    expect(openFiles()).toHaveLength(1);
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('bentonest-part-'));
    expect(after).toEqual(before);
    expect(await value.b.text()).toBe('short');
    expect(await value.a.text()).toBe(long);
    await untilNoneOpen();
  });

  it('are gone with the request when nobody reads them', async () => {
    const ends: (() => void)[] = [];
    await decode(two, part('a', long) + part('b', long) + END, { chunkSize: 100, ends });
    expect(openFiles()).toHaveLength(2);
    for (const end of ends) end();
    await untilNoneOpen();
  });

  it.each([
    ['a part is missing', part('a', long) + END],
    ['the form is cut off', part('a', long) + part('b', long)],
    ['one is cut off', (part('a', long) + part('b', long)).slice(0, -3000)],
    ['a part comes twice', part('a', long) + part('a', long) + END],
  ])('are gone when %s', async (_name, form) => {
    await expect(decode(two, form, { chunkSize: 100 })).rejects.toMatchObject({ statusCode: 400 });
    await untilNoneOpen();
  });
});

describe('encode', () => {
  const fields = { t: text(), j: json(), f: file(), n: ndarray() };
  const every = multipart(fields);

  async function encoded(value: unknown): Promise<{ contentType: string; bytes: Buffer }> {
    const { contentType, body } = await every.encode(value as FormOf<typeof fields>, FORM);
    const bytes = body instanceof Readable ? await buffer(body) : (body as Buffer);
    return { contentType, bytes };
  }

  it('writes what it reads, in chunks of any size', async () => {
    const scalar = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null));
    const anyForm = fc.record({
      t: fc.string({ unit: 'grapheme' }).filter((value) => !value.startsWith('\uFEFF')),
      j: fc.dictionary(
        fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
        scalar,
      ),
      f: fc.uint8Array({ maxLength: 500 }),
      n: fc.array(fc.integer(), { minLength: 1 }),
      asStream: fc.boolean(),
      chunkSize: fc.integer({ min: 1, max: 100 }),
      filename: fc.constantFrom(undefined, 'a.bin', 'ä "b".bin', "it's; filename=x"),
    });
    await fc.assert(
      fc.asyncProperty(anyForm, async ({ t, j, f, n, asStream, chunkSize, filename }) => {
        const upload = new FileUpload(Readable.from(chunksOf(Buffer.from(f), 50)), { filename });
        const sent = { t, j, f: asStream ? upload : f, n: NdArray.from(n, { dtype: 'int64' }) };
        const { contentType: type, bytes } = await encoded(sent);
        const got = await decode(every, bytes, { type, chunkSize });
        expect([got.t, got.n]).toEqual([Buffer.from(t).toString(), sent.n]);
        expect(got.j).toEqual(JSON.parse(JSON.stringify(j)));
        expect(await got.f.buffer()).toEqual(Buffer.from(f));
        expect(got.f.filename).toBe(asStream ? (filename ?? 'f') : 'f');
      }),
    );
  });

  it('is read by Node', async () => {
    const upload = new FileUpload(Readable.from([Buffer.from([0, 255])]), {
      filename: 'ä "1".bin',
    });
    const { contentType, bytes } = await encoded({
      t: 'ä',
      j: {},
      f: upload,
      n: NdArray.from([1]),
    });
    const headers = { 'content-type': contentType };
    // oxlint-disable-next-line typescript/no-deprecated -- what clients use
    const form = await new Response(new Uint8Array(bytes), { headers }).formData();
    expect(form.get('t')).toBe('ä');
    const blob = form.get('f') as File;
    expect([blob.name, new Uint8Array(await blob.arrayBuffer())]).toEqual([
      'ä "1".bin',
      new Uint8Array([0, 255]),
    ]);
  });

  it('has a boundary that nobody can guess', async () => {
    const value = { t: '', j: 1, f: Buffer.alloc(0), n: NdArray.from([1]) };
    const types = [await encoded(value), await encoded(value)].map(
      ({ contentType }) => contentType,
    );
    expect(types[0]).toMatch(/^multipart\/form-data; boundary=bentonest-[0-9a-f]{32}$/);
    expect(types[1]).not.toBe(types[0]);
  });

  it('says what the service must return', async () => {
    await expect(encoded(1)).rejects.toThrow(
      'an object with t, j, f, n for its output multipart(), got the number 1',
    );
    await expect(encoded({ t: '' })).rejects.toThrow('got an object without j');
  });

  it('ends all its streams when the client leaves', async () => {
    const stream = new Readable({ read: () => undefined });
    const value = { t: '', j: 1, f: new FileUpload(stream), n: NdArray.from([1]) };
    const { body } = await every.encode(value, FORM);
    (body as Readable).destroy();
    await new Promise((resolve) => stream.once('close', resolve));
    expect(stream.destroyed).toBe(true);
  });
});

it('describes its parts, their types and schemas', () => {
  const descriptor = multipart(
    { t: text(), f: file({ mimeTypes: ['a/b', 'c/*'] }) },
    { forbidUnknown: true },
  );
  expect(descriptor.schema()).toEqual({
    [FORM]: {
      type: 'object',
      properties: { t: { type: 'string' }, f: { type: 'string', format: 'binary' } },
      required: ['t', 'f'],
      additionalProperties: false,
    },
  });
  expect(descriptor.encoding?.()).toEqual({
    t: { contentType: 'text/plain, text/*' },
    f: { contentType: 'a/b, c/*' },
  });
  expect(descriptor.components?.()).toEqual({});
});

it('refuses what is no form when the service is declared', () => {
  expect(() => multipart({})).toThrow('multipart() has no parts');
  expect(() => multipart({ a: multipart({ b: json() }) })).toThrow('a form as its part a');
  expect(() => multipart({ a: json() }, { maxParts: -1 })).toThrow('as maxParts -1');
});
