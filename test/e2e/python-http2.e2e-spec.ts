import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession } from './http2-session.js';
import { python, spawnPython } from './python-apps.js';
import type { ServedApp } from './served-app.js';

let app: ServedApp;
let session: ClientHttp2Session;

function send(path: string, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
  return session.request({ ':path': path, 'content-type': 'text/plain', ...headers });
}

describe.skipIf(python === '')('a Python application behind HTTP/2', () => {
  beforeAll(async () => {
    app = await spawnPython({ SERVE: '{"http2": true}', WSGI_APP: 'wsgi_app:app' });
    session = await openSession(app);
  }, 120_000);

  afterAll(async () => {
    session.destroy();
    await app.end();
  });

  it.each([
    ['of no said length', {}],
    ['of 8 bytes', { 'content-length': 8 }],
  ])('gets the whole of an upload %s that comes in pieces', async (_, headers) => {
    const stream = send('/py/upload', { ':method': 'POST', ...headers });
    stream.write('half');
    await sleep(50);
    stream.end('half');
    expect(await text(stream)).toBe('8');
  });

  it('is asked without a body where there is none, and told its host and path', async () => {
    const shown = JSON.parse(await text(send('/py/request/x?y'))) as { headers: string[][] };
    const names = shown.headers.map(([name]) => name);
    expect(names).toContain('host');
    expect(names).not.toContain('transfer-encoding');
    expect(names).not.toContain('content-length');
    expect(names.filter((name) => name?.startsWith(':'))).toEqual([]);
  });

  it('of WSGI reads nothing of a POST without a body', async () => {
    const stream = send('/flask/upload', { ':method': 'POST' });
    stream.end();
    expect((await text(stream)).trim()).toBe('0');
  });
});
