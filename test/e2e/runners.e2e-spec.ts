import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meetBounds } from '../faults/bounds.js';
import { childPids } from '../faults/child-processes.js';
import { ServedApp, until } from './served-app.js';

const entry = 'dist/test/fixtures/runner-app/main.js';
const FLOWER = [[6.2, 3.2, 5.2, 2.2]];

let app: ServedApp;
/** From the server's first word until its models are loaded. */
let loadMs: number;

beforeAll(async () => {
  app = await ServedApp.spawn({ entry });
  await untilItSpeaks(app);
  const startedAt = performance.now();
  await app.untilReady();
  loadMs = performance.now() - startedAt;
});

afterAll(async () => {
  await app.end();
});

/** The application's code is loaded when it says its first word. */
const untilItSpeaks = (server: ServedApp): Promise<number> =>
  until(() => server.output !== '', 20_000);

describe('runners', () => {
  const answer = async (path: string, body?: object): Promise<unknown> => {
    const response = await app.post(path, body);
    return response.json();
  };

  it('run a user’s own Runnable in worker processes, with the options it was given', async () => {
    expect(await answer('/multiply', [1, 2, 3])).toEqual([3, 6, 9]);
    const described = (await answer('/describe', '"ab"' as never)) as { pid: number };
    expect(described).toMatchObject({ about: 'abab', isSetUp: true });
    expect(childPids(app.process.pid)).toContain(described.pid);
    expect(childPids(app.process.pid)).toHaveLength(3);
  });

  it('join concurrent calls into batches of at most maxBatchSize rows, in order', async () => {
    const sizes = await Promise.all(
      Array.from({ length: 60 }, () => answer('/batchSize', [0]) as Promise<number[]>),
    );
    expect(Math.max(...sizes.flat())).toBeGreaterThan(1);
    expect(Math.max(...sizes.flat())).toBeLessThanOrEqual(8);
    const rows = Array.from({ length: 60 }, (_, i) => [i]);
    const answers = await Promise.all(rows.map((row) => answer('/multiply', row)));
    expect(answers).toEqual(rows.map(([i]) => [3 * i]));
  });

  it('split a call of more rows than a batch and join its answer', async () => {
    const rows = Array.from({ length: 21 }, (_, i) => i);
    expect(await answer('/multiply', rows)).toEqual(rows.map((x) => 3 * x));
    expect(await answer('/batchSize', rows)).toEqual([...Array(16).fill(8), ...Array(5).fill(5)]);
  });

  it('take and return DataFrames, joined with others', async () => {
    const tables = Array.from({ length: 12 }, (_, i) => [
      { a: i, b: 2 },
      { a: 1, b: i },
    ]);
    const answers = await Promise.all(tables.map((table) => answer('/total', table)));
    expect(answers).toEqual(
      tables.map((table) => table.map((row) => ({ ...row, total: row.a + row.b }))),
    );
  });

  it('let only the bad call of a batch fail, with the Runnable’s own error', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => (i % 10 === 9 ? [-i] : [i]));
    const responses = await Promise.all(rows.map((row) => app.post('/positive', row)));
    expect(responses.map(({ status }) => status)).toEqual(
      rows.map((_, i) => (i % 10 === 9 ? 422 : 200)),
    );
    expect(await responses[9].json()).toMatchObject({
      errorCode: 'NEGATIVE_ROW',
      message: 'Expected values from 0.',
      details: { least: -9 },
    });
  });

  it('keep what a worker threw unplanned in the log', async () => {
    const response = await app.post('/positive', [2000]);
    expect(response.status).toBe(500);
    const body = (await response.json()) as { requestId: string; errorCode: string };
    expect(body.errorCode).toBe('RUNNER_FAILED');
    expect(JSON.stringify(body)).not.toContain('secret');
    const records = (): string[] => app.output.split(/^(?=\[Nest\])/m);
    await until(() => app.output.includes('secret of the worker'), 5000);
    expect(records().filter((record) => record.includes(`request ${body.requestId}`))).toEqual([
      expect.stringContaining('secret of the worker'),
    ]);
  });

  it('check the rows of a result, and reach decorated methods only', async () => {
    expect(await answer('/swallow', [1])).toMatchObject({ errorCode: 'ROW_COUNT_MISMATCH' });
    expect(await answer('/hidden')).toMatchObject({ errorCode: 'UNKNOWN_RUNNER_METHOD' });
  });

  it('return several tensors, and records of them', async () => {
    expect(await answer('/split', [5, 6])).toEqual({ whole: [5, 6], size: [2] });
    const outputs = (await answer('/irisOutputs', FLOWER)) as Record<string, unknown[]>;
    expect(Object.keys(outputs)).toHaveLength(2);
    expect(Object.values(outputs)[0]).toEqual([2]);
  });

  it('check a call against the model’s own inputs before it is batched', async () => {
    const good = Array.from({ length: 10 }, () => app.post('/irisLabels', FLOWER));
    const bad = await app.post('/irisLabels', [[1, 2, 3]]);
    expect(bad.status).toBe(400);
    expect(await bad.json()).toMatchObject({
      errorCode: 'INVALID_MODEL_INPUT',
      details: { input: 'X', got: { shape: [1, 3] } },
    });
    for (const response of await Promise.all(good)) expect(await response.text()).toBe('[2]');
  });

  it('serve an embedded model from a file, batched all the same', async () => {
    const labels = await Promise.all(
      Array.from({ length: 20 }, () => answer('/embeddedLabels', FLOWER)),
    );
    expect(labels).toEqual(Array.from({ length: 20 }, () => [2]));
  });

  it('answer 504 at the deadline of a call', async () => {
    const startedAt = performance.now();
    const response = await app.post('/sleep', '500');
    expect(response.status).toBe(504);
    expect(performance.now() - startedAt).toBeLessThan(480);
    expect(await (await app.post('/sleep', '1')).text()).toBe('awake');
  });

  it('answer 503 with Retry-After when the worker aborts, and go on', async () => {
    const response = await app.post('/crash');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ errorCode: 'RUNNER_WORKER_LOST' });
    expect(await answer('/multiply', [1])).toEqual([3]);
  });
});

describe('a start', () => {
  it.each(['background', 'wait'])(
    'that cannot load a Runnable (%s) ends with exit code 1 and the cause on stderr',
    async (STARTUP) => {
      await meetBounds(async () => {
        const server = await ServedApp.spawn({ entry, env: { STARTUP, RUNNABLE: 'Broken' } });
        const exited = once(server.process, 'exit') as Promise<[number]>;
        const closed = once(server.process, 'close');
        await untilItSpeaks(server);
        const startedAt = performance.now();
        const [code] = await exited;
        const value = performance.now() - startedAt;
        await closed;
        expect(code).toBe(1);
        expect(server.errorOutput).toContain(
          'Runner "arithmetic" could not start: Error: the weights are gone',
        );
        return [{ name: 'exit after ms', value, atMost: loadMs + 2000 }];
      });
    },
  );

  it('whose services call a runner in onModuleInit waits for its answer', async () => {
    const server = await ServedApp.start({ entry, env: { WARM_UP: '1' } });
    expect(await (await server.post('/warmUp')).json()).toEqual({ result: [6] });
    expect(await server.end()).toBe(0);
  });

  it('names the classes of a module that has not the one asked for', async () => {
    const server = await ServedApp.spawn({ entry, env: { RUNNABLE: 'Nope' } });
    await once(server.process, 'exit');
    expect(server.output).toMatch(
      /class "Nope", got undefined. It exports: Arithmetic, Broken, Slow/,
    );
  });

  it('with startup "wait" opens its port when every model is loaded', async () => {
    const server = await ServedApp.spawn({ entry, env: { STARTUP: 'wait' } });
    const statuses: number[] = [];
    while (!statuses.includes(200)) {
      await server.get('/readyz').then(
        ({ status }) => statuses.push(status),
        () => undefined,
      );
    }
    expect(statuses).toEqual([200]);
    expect(await server.end()).toBe(0);
  });

  it('on a used port ends with exit code 1, names the port and leaves no child', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const server = await ServedApp.spawn({ entry, env: { FIXED_PORT: String(port) } });
    const [code] = (await once(server.process, 'exit')) as [number];
    blocker.close();
    expect(code).toBe(1);
    expect(server.output).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
    expect(childPids(server.process.pid)).toEqual([]);
  });
});
