import { describe, expect, it, onTestFinished } from 'vitest';
import { python, servePython } from './python-apps.js';

describe.skipIf(python === '')('a command in the place of uvicorn', () => {
  it('is a program of the environment, which gets the application, its path and the runners', async () => {
    const command = ['uvicorn', '{app}', '--uds', '{socket}', '--header', 'X-Python:{python}'];
    const app = await servePython({ OPTIONS: JSON.stringify({ command }) });
    onTestFinished(async () => {
      await app.end('SIGKILL');
    });
    const answer = await app.get('/py/request/x');
    expect([answer.status, answer.headers.get('x-python')]).toEqual([200, python]);
    expect(await answer.json()).toMatchObject({ root_path: '/py' });
    expect(await (await app.get('/py/predict')).json()).toEqual([[0, 2], [0, 2], [0, 2]]); // prettier-ignore
    expect(await app.end()).toBe(0);
    expect(app.output).toContain('lifespan ends');
  });

  it('may close connections when it likes: what may be done twice is sent again', async () => {
    const command = [process.execPath, 'closing-server.mjs', '{socket}'];
    const app = await servePython({ OPTIONS: JSON.stringify({ command, openapi: false }) });
    onTestFinished(async () => void (await app.end('SIGKILL')));
    const statusOf = async (method: string, path: string, body?: string): Promise<number> =>
      (await fetch(`${app.url}/py/${path}`, { method, body })).status;
    expect(await statusOf('GET', 'last')).toBe(200);
    expect(await statusOf('GET', 'again')).toBe(200);
    expect(await statusOf('GET', 'last')).toBe(200);
    expect(await statusOf('POST', 'once', 'body')).toBe(503);
    const counts = (await (await app.get('/py/counts')).json()) as Record<string, number>;
    expect(counts).toMatchObject({ 'GET /again': 2, 'POST /once': 1 });
    // In the race that it is, too.
    const seen = new Set<number>();
    const ask = async (): Promise<void> => {
      for (let i = 0; i < 150; i++) seen.add(await statusOf('GET', 'race'));
    };
    await Promise.all([ask(), ask()]);
    expect([...seen]).toEqual([200]);
    const races = ((await (await app.get('/py/counts')).json()) as Record<string, number>)['GET /race']; // prettier-ignore
    console.info(`300 requests to connections that close about then were read ${races} times`);
  });
});
