import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { file } from './file.js';
import { FileUpload } from './file-upload.js';
import type { FileOptions } from './file.js';

interface Sent {
  readonly chunks?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

async function decode(options: FileOptions, { chunks = ['ab', 'c'], headers = {} }: Sent = {}) {
  const body = Readable.from(chunks, { objectMode: false });
  return file(options).decode({ contentType: 'text/csv', headers, filename: 'a.csv', body });
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'file-spec-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe('decode', () => {
  it('gives name, type and bytes, in any form', async () => {
    const upload = await decode({}, { headers: { 'content-length': '3' } });
    expect(upload).toMatchObject({ contentType: 'text/csv', filename: 'a.csv', size: 3 });
    expect(await upload.text()).toBe('abc');
    expect(await (await decode({})).buffer()).toEqual(Buffer.from('abc'));
    expect(Buffer.from(await (await decode({})).arrayBuffer()).toString()).toBe('abc');
  });

  it('reads nothing before it is asked', async () => {
    let read = 0;
    const body = new Readable({ read: () => void read++ });
    await file().decode({ contentType: 'a/b', headers: {}, body });
    expect(read).toBe(0);
  });

  it('reads up to maxBytes, and fails beyond', async () => {
    expect(await (await decode({ maxBytes: 3 })).text()).toBe('abc');
    const error = { statusCode: 413, message: 'Expected a file of at most 2 bytes, got more.' };
    await expect((await decode({ maxBytes: 2 })).text()).rejects.toMatchObject(error);
    const headers = { 'content-length': '3' };
    await expect(decode({ maxBytes: 2 }, { headers })).rejects.toMatchObject(error);
  });

  it('takes no size from a compressed body', async () => {
    const headers = { 'content-length': '1', 'content-encoding': 'gzip' };
    expect((await decode({}, { headers })).size).toBeUndefined();
  });

  it('saves to a path, or leaves nothing there', async () => {
    const path = await folder();
    await (await decode({})).saveTo(join(path, 'whole'));
    expect(await readFile(join(path, 'whole'), 'utf8')).toBe('abc');
    await expect((await decode({ maxBytes: 2 })).saveTo(join(path, 'part'))).rejects.toThrow(
      '2 bytes',
    );
    expect(await readdir(path)).toEqual(['whole']);
  });

  it('hands on why the body broke off', async () => {
    const body = new Readable({ read: () => undefined });
    const upload = await file({ maxBytes: 9 }).decode({ contentType: 'a/b', headers: {}, body });
    body.destroy(new Error('gone'));
    await expect(upload.buffer()).rejects.toThrow('gone');
  });
});

describe('encode', () => {
  const encode = async (value: unknown, options: FileOptions = {}) =>
    file(options).encode(value as FileUpload, 'application/octet-stream');

  it('writes bytes and streams in its first concrete type', async () => {
    const body = Buffer.from('abc');
    const contentType = 'text/csv';
    const options = { mimeTypes: ['audio/*', 'text/csv'] };
    expect(await encode(body, options)).toEqual({ contentType, body });
    expect(await encode(new Uint8Array(body).subarray(1))).toMatchObject({
      body: Buffer.from('bc'),
    });
    const stream = Readable.from([body]);
    expect(await encode(stream)).toEqual({ contentType: 'application/octet-stream', body: stream });
  });

  it.each([
    ['a.csv', 'attachment; filename="a.csv"'],
    ['../../etc/passwd', 'attachment; filename="passwd"'],
    [String.raw`C:\temp\a.csv`, 'attachment; filename="a.csv"'],
    [
      'a"; x="\r\nset-cookie: b',
      `attachment; filename="a_; x=_set-cookie: b"; filename*=UTF-8''a%22%3B%20x%3D%22set-cookie%3A%20b`,
    ],
    [
      'ä\u{1F600}(1).png',
      `attachment; filename="__(1).png"; filename*=UTF-8''%C3%A4%F0%9F%98%80%281%29.png`,
    ],
    ['\uD800', `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
    ['..', 'attachment; filename="download"'],
  ])('names the download %j safely', async (filename, header) => {
    const upload = new FileUpload(Readable.from([]), { filename });
    const { headers } = await encode(upload);
    expect(headers).toEqual({ 'content-disposition': header });
  });

  it('keeps type and size of what it sends on', async () => {
    const upload = new FileUpload(Readable.from([]), { contentType: 'a/b', size: 4 });
    expect(await encode(upload)).toMatchObject({
      contentType: 'a/b',
      headers: { 'content-length': '4' },
    });
  });

  it('says what the service must return', async () => {
    await expect(encode('a')).rejects.toThrow(
      'must return a FileUpload, Readable, Buffer or Uint8Array',
    );
    const upload = new FileUpload(Readable.from([]), { contentType: 'a/b\r\nc: d' });
    await expect(encode(upload)).rejects.toThrow('a file with a media type');
  });
});

it('refuses options that are none', () => {
  expect(() => file({ mimeTypes: ['png'] })).toThrow('among its mimeTypes the string "png"');
  expect(() => file({ mimeTypes: [] })).toThrow('among its mimeTypes nothing');
  expect(() => file({ maxBytes: 0 })).toThrow('as maxBytes the number 0');
});

it('describes bytes of each type', () => {
  const binary = { type: 'string', format: 'binary' };
  expect(file({ mimeTypes: ['a/b', 'c/*'] }).schema()).toEqual({ 'a/b': binary, 'c/*': binary });
});
