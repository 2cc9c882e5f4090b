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
});
