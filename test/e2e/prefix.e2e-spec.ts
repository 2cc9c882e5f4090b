import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedApp } from './served-app.js';

const OUTSIDE = ['livez', 'readyz', 'healthz', 'metrics'];
/** What the proxy serves the application under, which never learns of it. */
const STRIPPED = '/models/v2';

let app: ServedApp;
let proxy: Server;
let base: string;

/** As nginx with `location /models/v2/ { proxy_pass http://app/; }`. */
function createProxy(target: string): Server {
  return createServer((incoming, outgoing) => {
    const { method, headers, url = '' } = incoming;
    if (!url.startsWith(`${STRIPPED}/`)) {
      outgoing.writeHead(404).end();
      return;
    }
    const sent = request(target + url.slice(STRIPPED.length), { method, headers });
    sent.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(sent);
  });
}

beforeAll(async () => {
  const options = { globalPrefix: 'api', exclude: OUTSIDE, maxConcurrency: 1, timeoutMs: 5000 };
  app = await ServedApp.start({
    entry: 'dist/test/fixtures/limits-app/main.js',
    env: { LIMITS_APP: JSON.stringify(options) },
  });
  proxy = createProxy(app.url).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  base = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${STRIPPED}`;
});

afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await app.end();
});

const post = (url: string, body: unknown) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

interface ApiDocument {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

describe('under a global prefix', () => {
  it('services, controllers, mounts and docs move; what is excluded stays', async () => {
    expect(await (await app.post('/api/open', '1')).text()).toBe('done');
    expect((await app.post('/api/plain', '1')).status).toBe(201);
    expect(await (await app.get('/api/legacy/1')).text()).toBe('done');
    expect((await app.get('/api/docs.json')).status).toBe(200);
    expect((await app.get('/api')).headers.get('content-type')).toContain('text/html');
    for (const path of OUTSIDE) {
      expect([path, (await app.get(`/${path}`)).status]).toEqual([path, 200]);
      expect([path, (await app.get(`/api/${path}`)).status]).toEqual([path, 404]);
    }
    for (const path of ['/open', '/legacy/1', '/docs.json']) {
      expect([path, (await app.get(path)).status]).toEqual([path, 404]);
    }
  });

  it('limits, errors and metrics know the routes as they are', async () => {
    const held = app.post('/api/open', '1500');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await app.post('/api/limited', '1')).status).toBe(429);
    for (const path of ['/readyz', '/metrics', '/api/docs.json', '/api']) {
      expect([path, (await app.get(path)).status]).toEqual([path, 200]);
    }
    expect((await held).status).toBe(200);
    const wrong = await app.get('/api/open');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const metrics = await (await app.get('/metrics')).text();
    expect(metrics).toContain('endpoint="/api/limited",http_response_code="429"');
  });
});

describe('behind a proxy that strips a path', () => {
  it('the API document names the server that its reader has it from', async () => {
    const url = `${base}/api/docs.json`;
    const document = (await (await fetch(url)).json()) as ApiDocument;
    expect(Object.keys(document.paths)).toContain('/api/open');
    // As tools resolve it: relative to the document.
    const server = new URL(document.servers[0]?.url ?? '', url).href.replace(/\/$/, '');
    expect(server).toBe(base);
    expect(await (await post(`${server}/api/open`, 1)).text()).toBe('done');
  });

  it('all that Swagger UI links to is there', async () => {
    const page = `${base}/api`;
    const html = await (await fetch(page)).text();
    const links = [...html.matchAll(/(?:src|href|data-document)="([^"]+)"/g)].map(
      ([, link]) => new URL(link, page),
    );
    expect(links).toHaveLength(5);
    for (const link of links) {
      expect([link.href, (await fetch(link)).status]).toEqual([link.href, 200]);
      expect(link.pathname.startsWith(`${STRIPPED}/api/`)).toBe(true);
    }
  });

  it('services, mounts and errors answer as without it', async () => {
    expect(await (await post(`${base}/api/open`, 1)).text()).toBe('done');
    expect(await (await fetch(`${base}/api/legacy/1`)).text()).toBe('done');
    expect((await post(`${base}/api/nothing`, 1)).status).toBe(404);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
  });
});
