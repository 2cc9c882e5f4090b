import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliDecompressSync, constants, createBrotliCompress, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ServedApp, until } from './served-app.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const ENTRY = 'dist/test/fixtures/error-app/main.js';
const MIB = 1024 * 1024;
/** What no client may see: a stack, a file, what the fixture threw. */
const INTERNALS = /\.[jt]s\b|node_modules|\n\s+at |secret|\/srv|FST_ERR/;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: ENTRY });
});

afterAll(async () => {
  await app.end();
});

/** Sends bytes as they are and reads until the server closes. */
async function raw(bytes: string): Promise<Answer> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes);
  const received = await text(socket);
  const [head, ...rest] = received.split('\r\n\r\n');
  const [statusLine, ...lines] = head.split('\r\n');
  const headers = lines.map((line) => line.split(': ') as [string, string]);
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
    body: rest.join('\r\n\r\n'),
  };
}

async function send(method: string, path: string, body?: string, headers = {}): Promise<Answer> {
  const answer = await fetch(app.url + path, { method, body, headers });
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: await answer.text(),
  };
}

/** Of an answer what is to be as `anError` says; details are each error's own. */
function summarise({ status, headers, body }: Answer): object {
  const { details, ...rest } = JSON.parse(body) as Record<string, unknown>;
  const hasDetails = details === undefined || typeof details === 'object';
  return { status, type: headers['content-type'], ...rest, hasDetails, leak: INTERNALS.exec(body) };
}

/** The one shape, and nothing of the inside. */
function anError(status: number, errorCode: string): object {
  return {
    status,
    statusCode: status,
    type: JSON_TYPE,
    errorCode,
    error: expect.stringMatching(/^[A-Z]/) as string,
    message: expect.stringMatching(/\w/) as string,
    requestId: expect.stringMatching(/\w/) as string,
    hasDetails: true,
    leak: null,
  };
}

const typed = (type: string): object => ({ 'content-type': type });

describe('an error has one shape', () => {
  it.each<[string, Parameters<typeof send>, number, string]>([
    [
      'malformed JSON for a service',
      ['POST', '/size', '{"a":', typed('application/json')],
      400,
      'INVALID_BODY',
    ],
    [
      'malformed JSON for an ndarray',
      ['POST', '/echo', '[1,', typed('application/json')],
      400,
      'INVALID_NDARRAY',
    ],
    [
      'malformed JSON for a controller',
      ['POST', '/plain', '{"a":', typed('application/json')],
      400,
      'INVALID_BODY',
    ],
    [
      'an empty body for a controller',
      ['POST', '/plain', '', typed('application/json')],
      400,
      'INVALID_BODY',
    ],
    [
      'a key that reaches a prototype',
      ['POST', '/plain', '{"__proto__":{}}', typed('application/json')],
      400,
      'INVALID_BODY',
    ],
    ['an unknown path', ['GET', '/unknown'], 404, 'NOT_FOUND'],
    ['another method for a service', ['GET', '/size'], 405, 'METHOD_NOT_ALLOWED'],
    ['another method for a controller', ['DELETE', '/plain/items/3'], 405, 'METHOD_NOT_ALLOWED'],
    [
      'an unknown type for a service',
      ['POST', '/size', 'x', typed('text/strange')],
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'an unknown type for a controller',
      ['POST', '/plain', 'x', typed('text/strange')],
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a type that is none',
      ['POST', '/plain', 'x', typed('nonsense')],
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a URL that is none', ['GET', '/plain/%zz'], 400, 'BAD_REQUEST'],
    ['a parameter too long', ['GET', `/plain/items/${'x'.repeat(200)}`], 414, 'URI_TOO_LONG'],
    ['an HttpException', ['POST', '/forbidden'], 403, 'FORBIDDEN'],
    ['a crash in a service', ['POST', '/crash'], 500, 'INTERNAL_ERROR'],
    ['a crash in a controller', ['GET', '/plain/crash'], 500, 'INTERNAL_ERROR'],
  ])('%s', async (_, [method, path, body, headers], status, code) => {
    expect(summarise(await send(method, path, body, headers))).toEqual(anError(status, code));
    expect(summarise(await send(method, path, body, { ...headers, accept: 'text/html' }))).toEqual(
      anError(status, code),
    );
  });

  it('says which methods a path has, and leaves preflights to CORS', async () => {
    expect((await send('GET', '/size')).headers.allow).toBe('POST');
    expect((await send('POST', '/plain/items/3')).headers.allow).toBe('GET, HEAD');
    const preflight = await send('OPTIONS', '/size', undefined, {
      origin: 'https://example.com',
      'access-control-request-method': 'POST',
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-methods']).toBe('GET, POST');
    // A page of that origin may read what went wrong.
    const refused = await send('GET', '/size', undefined, { origin: 'https://example.com' });
    expect(refused.headers['access-control-allow-origin']).toBe('https://example.com');
  });

  it('has a head alone for HEAD, and is the same for HTTP/1.0', async () => {
    const head = await raw('HEAD /unknown HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect([head.status, head.headers['content-type'], head.body]).toEqual([404, JSON_TYPE, '']);
    const get = 'GET /size HTTP/1.0\r\n\r\n';
    expect(summarise(await raw(get))).toEqual(anError(405, 'METHOD_NOT_ALLOWED'));
  });

  it.each<[string, string, number, string]>([
    ['garbage', 'garbage\r\n\r\n', 400, 'BAD_REQUEST'],
    ['bytes of TLS', '\u0016\u0003\u0001\u0000\u0000', 400, 'BAD_REQUEST'],
    [
      'two lengths',
      'POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'BAD_REQUEST',
    ],
    [
      'length and chunks',
      'POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'BAD_REQUEST',
    ],
    [
      'a bad chunk',
      'POST /size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
      'BAD_REQUEST',
    ],
    [
      'long headers',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'REQUEST_HEADERS_TOO_LARGE',
    ],
  ])('before there is a request: %s', async (_, bytes, status, code) => {
    expect(summarise(await raw(bytes))).toEqual(anError(status, code));
  });
});

/** Sends a part of a body, and no more before it is answered: into a connection that the server closes. */
async function upload(
  url: string,
  part: Buffer,
  headers: Record<string, string | number> = {},
): Promise<Answer> {
  const sent = request(url, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', ...headers },
  });
  sent.write(part);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const body = await text(answer);
  sent.destroy();
  const { statusCode = 0 } = answer;
  return { status: statusCode, headers: answer.headers as Answer['headers'], body };
}

/** Most memory that the server ever had, in MiB. */
function peakMb({ process: { pid } }: ServedApp): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** A whole body of zeros in brotli, of so many pieces of 64 MiB: each is compressed to the same bytes. */
async function brotliBomb(pieces: number): Promise<Buffer> {
  const brotli = createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  const chunks: Buffer[] = [];
  brotli.on('data', (chunk: Buffer) => chunks.push(chunk));
  const compress = async (): Promise<Buffer> => {
    brotli.write(Buffer.alloc(64 * MIB));
    await new Promise<void>((done) => brotli.flush(constants.BROTLI_OPERATION_FLUSH, done));
    return Buffer.concat(chunks.splice(0));
  };
  const first = await compress();
  const next = await compress();
  expect(await compress()).toEqual(next);
  brotli.end();
  await once(brotli, 'end');
  const others = Array.from({ length: pieces - 1 }, () => next);
  return Buffer.concat([first, ...others, ...chunks]);
}

it('bounds how deep JSON is nested, whatever reads it', async () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  for (const [path, most, code] of [
    ['/size', 100, 'INVALID_BODY'],
    ['/nest', 100, 'INVALID_BODY'],
    ['/plain', 100, 'INVALID_BODY'],
    ['/echo', 32, 'INVALID_NDARRAY'],
  ] as const) {
    const fits = await send('POST', path, nested(most), typed('application/json'));
    expect([path, fits.status]).toEqual([path, path === '/plain' ? 201 : 200]);
    for (const depth of [most + 1, 250_000]) {
      const answer = await send('POST', path, nested(depth), typed('application/json'));
      expect(summarise(answer)).toEqual(anError(400, code));
    }
  }
});

describe('a body beyond the limit', () => {
  it('is a 413 by its content-length alone', async () => {
    const headers = { 'content-length': 20 * MIB + 1 };
    const answer = await upload(`${app.url}/size`, Buffer.from('['), headers);
    expect(summarise(answer)).toEqual(anError(413, 'BODY_TOO_LARGE'));
    expect(answer.body).toContain(`at most ${20 * MIB} bytes`);
  });

  it.each([
    ['/size', 20],
    ['/lines', 20],
    ['/plain', 1],
  ])('is a 413 where its length is not named (%s)', async (path, mebibytes) => {
    const headers = { 'content-type': path === '/lines' ? 'text/csv' : 'application/json' };
    const answer = await upload(app.url + path, Buffer.alloc(mebibytes * MIB + 1, '1'), headers);
    expect(summarise(answer)).toEqual(anError(413, 'BODY_TOO_LARGE'));
    const { details } = JSON.parse(answer.body) as { details: { maxBytes: number } };
    expect(details.maxBytes).toBe(mebibytes * MIB);
  });

  it('is stopped at the limit while it is decompressed, at 20 MiB of 10 GiB', async () => {
    // That these are zeros, and no nonsense.
    const zeros = brotliDecompressSync(await brotliBomb(4));
    expect(zeros.equals(Buffer.alloc(256 * MIB))).toBe(true);
    const brotli = await brotliBomb(160);
    expect(brotli.length).toBeLessThan(20_000);
    const gzip = gzipSync(Buffer.alloc(256 * MIB), { level: 9 });
    expect(gzip.length).toBeLessThan(300_000);
    // A server that had no large body yet, so that nothing hides what these cost.
    const fresh = await ServedApp.start({ entry: ENTRY });
    onTestFinished(async () => void (await fresh.end()));
    const before = peakMb(fresh);
    const bomb = async (path: string, encoding: 'br' | 'gzip'): Promise<number> => {
      const type = path === '/lines' ? 'text/csv' : 'application/json';
      const headers = { 'content-type': type, 'content-encoding': encoding };
      const answer = await upload(fresh.url + path, encoding === 'br' ? brotli : gzip, headers);
      expect(summarise(answer)).toEqual(anError(413, 'BODY_TOO_LARGE'));
      return peakMb(fresh) - before;
    };
    const byOne = await bomb('/size', 'br');
    let byMany = 0;
    for (let i = 0; i < 20; i++) {
      byMany = await bomb(i % 2 === 0 ? '/size' : '/lines', i % 4 < 2 ? 'br' : 'gzip');
    }
    console.log(
      `memory at the peak: ${byOne.toFixed(1)} MiB more by one bomb (at most 36), ${byMany.toFixed(1)} by 20 (at most 200)`,
    );
    // The limit and 16 MiB; of many, what the garbage collector leaves for later.
    expect(byOne).toBeLessThanOrEqual(36);
    expect(byMany).toBeLessThanOrEqual(200);
  });
});

describe('an error after the answer began', () => {
  it.each([
    ['GET', '/plain/begun', 'secret after the headers'],
    ['POST', '/broken', 'secret of the disk'],
  ])('cuts the connection and is logged once (%s %s)', async (method, path, cause) => {
    const answer = await fetch(app.url + path, { method });
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
    await until(() => app.output.includes(cause), 2000);
    const lines = app.output.split('\n').filter((line) => /ERROR/.test(line));
    expect(lines.filter((line) => line.includes(cause))).toHaveLength(1);
  });
});

describe('those who count requests', () => {
  const events = (path: string): string[] =>
    [...app.output.matchAll(/^request (\S*) (\d+)$/gm)].flatMap(([, route, status]) =>
      route === path ? [status] : [],
    );

  it('are told 499 of a client that left', async () => {
    await expect(
      fetch(`${app.url}/late`, { method: 'POST', signal: AbortSignal.timeout(100) }),
    ).rejects.toThrow('timeout');
    await until(() => events('/late').length > 0, 3000);
    expect(events('/late')).toEqual(['499']);
  });

  it('are told 500 of an answer that the server cut off', async () => {
    const before = events('/plain/begun').length;
    await (await fetch(`${app.url}/plain/begun`)).text().catch(() => undefined);
    await until(() => events('/plain/begun').length > before, 2000);
    expect(events('/plain/begun').at(-1)).toBe('500');
  });
});

it('logs the cause of a 500 under the request’s id, and nothing of what clients did', async () => {
  const before = app.output.length;
  const crashed = await send('POST', '/crash');
  for (const path of ['/unknown', '/size', '/plain/%zz']) await send('GET', path);
  await raw('garbage\r\n\r\n');
  const { requestId } = JSON.parse(crashed.body) as { requestId: string };
  await until(() => app.output.includes(`(request ${requestId})`), 2000);
  const logged = app.output.slice(before).split('\n');
  expect(logged.filter((line) => /ERROR|WARN/.test(line))).toEqual([
    expect.stringContaining(`secret of /srv/app/model.ts (request ${requestId})`),
  ]);
  expect(logged).toContainEqual(expect.stringMatching(/^TypeError: secret/));
  expect(logged).toContainEqual(expect.stringMatching(/^ +at ErrorService\.crash/));
});
