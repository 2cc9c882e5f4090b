import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { python, servePython } from './python-apps.js';
import { until } from './served-app.js';
import type { ServedApp } from './served-app.js';

describe.skipIf(python === '')('a Python application of a server that takes two at a time', () => {
  let app: ServedApp;

  beforeAll(async () => {
    app = await servePython({ MAX_CONCURRENCY: '2', OPTIONS: JSON.stringify({ openapi: false }) });
  }, 120_000);

  afterAll(async () => {
    await app.end();
  });

  it('has any number of open WebSockets, which hold no place', async () => {
    const url = `${app.url.replace('http', 'ws')}/py/socket`;
    const opened: WebSocket[] = [];
    while (opened.length < 5) {
      const socket = new WebSocket(url);
      await once(socket, 'open');
      opened.push(socket);
    }
    expect((await app.get('/py/pid')).status).toBe(200);
    // Denied ones have given theirs up, too.
    for (let i = 0; i < 3; i++) await once(new WebSocket(`${url}?deny=1`), 'error');
    const held = [app.get('/py/sleep?seconds=1'), app.get('/py/sleep?seconds=1')];
    await until(async () => (await app.get('/py/pid')).status === 429, 1000);
    const [error] = (await once(new WebSocket(url), 'error')) as [Error];
    expect(error.message).toContain('429');
    for (const answer of held) expect((await answer).status).toBe(200);
    // Those that were open all the while still are.
    for (const socket of opened) {
      socket.send('x');
      const [answer] = (await once(socket, 'message')) as [Buffer];
      expect(answer.toString()).toBe('/py x');
      socket.terminate();
    }
  });

  it('is not in the API document with openapi: false, though it has one', async () => {
    expect((await app.get('/py/openapi.json')).status).toBe(200);
    const { paths } = (await (await app.get('/docs.json')).json()) as { paths: object };
    expect(Object.keys(paths)).toContain('/size');
    expect(Object.keys(paths).filter((path) => path.includes('py'))).toEqual([]);
    expect(app.output).not.toContain('nothing of the application');
  });
});
