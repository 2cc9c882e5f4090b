import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fetchDocument } from './fetch-document.js';

async function listen(listener: RequestListener): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bn-'));
  const socketPath = join(folder, 'app.sock');
  const server = createServer(listener).listen(socketPath);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return socketPath;
}

const at = { path: '/openapi.json', prefix: '/py' };

it('asks with the path that the application is mounted at', async () => {
  const socketPath = await listen(({ url, headers }, response) =>
    response.end(JSON.stringify([url, headers['x-forwarded-prefix']])),
  );
  expect(await fetchDocument({ ...at, socketPath })).toEqual(['/openapi.json', '/py']);
  expect(await fetchDocument({ ...at, socketPath, prefix: '' })).toEqual(['/openapi.json', null]);
});

it('has none where the application has none', async () => {
  const socketPath = await listen((_request, response) => response.writeHead(404).end('{}'));
  expect(await fetchDocument({ ...at, socketPath })).toBeUndefined();
});

it.each<[string, RequestListener, RegExp]>([
  ['another status', (_, response) => response.writeHead(401).end(), /status 401/],
  ['what is no JSON', (_, response) => response.end('<html>'), /another text/],
  ['too much', (_, response) => response.end(JSON.stringify('x'.repeat(2000))), /1000 bytes/],
  ['too much without an end', (_, response) => void response.write('x'.repeat(2000)), /1000 bytes/],
  ['no answer', () => undefined, /none within 200 ms/],
  ['an answer without an end', (_, response) => void response.write('{'), /none within 200 ms/],
])('refuses %s', async (_case, listener, reason) => {
  const socketPath = await listen(listener);
  const limits = { timeoutMs: 200, maxBytes: 1000 };
  await expect(fetchDocument({ ...at, ...limits, socketPath })).rejects.toThrow(reason);
});

it('says that nobody is there', async () => {
  await expect(fetchDocument({ ...at, socketPath: '/nowhere.sock' })).rejects.toThrow('ENOENT');
});
