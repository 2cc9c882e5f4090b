import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServedApp, until } from '../e2e/served-app.js';

const MIB = 1024 * 1024;
const BODY_LIMIT = 20 * MIB;
/** What Node reads at a time; and the head of the request and the frames of its chunks, which count as well. */
const MAX_BEYOND = (64 + 1) * 1024;
/** What the client is ready to send. */
const SENT = 45 * MIB;

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: 'dist/test/fixtures/every-descriptor-app/main.js' });
});

afterAll(async () => {
  await app.end();
});

/** A client that goes on sending whatever it is answered. */
class Flood {
  readonly socket: Socket;
  answer = '';

  constructor() {
    this.socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.socket.on('data', (bytes) => (this.answer += bytes.toString()));
  }

  async send(path: string, headers: string, first = ''): Promise<void> {
    const isChunked = !headers.includes('Content-Length');
    const framing = isChunked ? '\r\nTransfer-Encoding: chunked' : '';
    const frame = (text: string): string =>
      isChunked ? `${text.length.toString(16)}\r\n${text}\r\n` : text;
    this.socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}${framing}\r\n\r\n`);
    if (first !== '') this.socket.write(frame(first));
    const mib = frame(' '.repeat(MIB));
    for (let sent = 0; sent < SENT && !this.socket.destroyed; sent += MIB) {
      // Called with an error as well, once the server has closed.
      await new Promise((resolve) => this.socket.write(mib, resolve));
    }
    await until(() => this.socket.closed, 5000);
  }
}

/** What the server read of the flood, once it has taken note of its end. */
async function bytesRead(): Promise<number> {
  let read = 0;
  await until(async () => {
    read = ((await (await app.get('/state')).json()) as { bytesRead: number }).bytesRead;
    return read > 0;
  }, 5000);
  return read;
}

const PART = '--x\r\nContent-Disposition: form-data; name="scores"\r\n\r\n';
const FORM = 'Content-Type: multipart/form-data; boundary=x';

it.each([
  ['JSON', '/any', 'Content-Type: application/json'],
  ['text', '/text', 'Content-Type: text/plain'],
  ['a file', '/bytes', 'Content-Type: audio/wav'],
  ['a part of a form', '/frames', FORM, PART],
  ['what a service does not read', '/file', 'Content-Type: audio/wav'],
])('%s without a length is read to the limit, answered, and cut off', async (name, ...request) => {
  const flood = new Flood();
  await flood.send(...(request as [path: string, headers: string, first?: string]));
  const beyond = (await bytesRead()) - BODY_LIMIT;
  console.info(
    `${name}: ${(beyond / 1024).toFixed(0)} KiB read beyond the limit (bound ${MAX_BEYOND / 1024})`,
  );
  expect(flood.answer).toMatch(/^HTTP\/1.1 413 /);
  expect(beyond).toBeGreaterThan(0);
  expect(beyond).toBeLessThanOrEqual(MAX_BEYOND);
});

it.each([
  ['JSON', '/any', 'Content-Type: application/json'],
  ['a file', '/bytes', 'Content-Type: audio/wav'],
])('%s that says to be too long is refused before it is read', async (name, path, type) => {
  const flood = new Flood();
  await flood.send(path, `${type}\r\nContent-Length: ${SENT}`);
  const read = await bytesRead();
  console.info(`${name}: ${(read / 1024).toFixed(0)} KiB read (bound ${MAX_BEYOND / 1024})`);
  expect(flood.answer).toMatch(/^HTTP\/1.1 413 [^]*connection: close/i);
  expect(read).toBeLessThanOrEqual(MAX_BEYOND);
});

it.each(['/any', '/bytes'])(
  'a client that is still sending to %s reads its answer',
  async (path) => {
    const headers = { 'content-type': path === '/any' ? 'application/json' : 'audio/wav' };
    const body = Buffer.alloc(SENT, ' ');
    const known = await fetch(app.url + path, { method: 'POST', headers, body });
    expect([known.status, known.headers.get('connection')]).toEqual([413, 'close']);
    const stream = new Blob([body]).stream();
    const sent = { method: 'POST', headers, body: stream, duplex: 'half' } as RequestInit;
    const chunked = await fetch(app.url + path, sent);
    expect([chunked.status, chunked.headers.get('connection')]).toEqual([413, 'close']);
    expect(await chunked.json()).toMatchObject({ errorCode: 'BODY_TOO_LARGE' });
  },
);
