import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startLogApp } from '../faults/log-app.js';
import { findPython } from './python-environment.js';
import { until } from './served-app.js';
import type { LogRecord, ServedApp } from './served-app.js';

const python = (await findPython()) ?? '';

let app: ServedApp;

beforeAll(async () => {
  app = await startLogApp({ python, logging: { redact: ['user.email'] } });
});

afterAll(() => app.end());

const accessOf = (records: readonly LogRecord[]): LogRecord[] =>
  records.filter(({ context, status }) => context === 'Access' && status !== undefined);

/** Waits for a line: some come a moment after the answer. */
async function lineOf(isIt: (record: LogRecord) => boolean, from = app): Promise<LogRecord> {
  await until(
    () => from.records.some((record) => isIt(record)),
    5000,
    () => from.output,
  );
  return from.records.find((record) => isIt(record)) as LogRecord;
}

const idOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { id: string }).id;

it('is JSON from the first line on, Nest’s lines included', () => {
  const lines = app.output.split('\n').slice(0, -1);
  expect(lines.filter((line) => !line.startsWith('{"level":'))).toEqual([]);
  expect(app.records[0]).toEqual({
    level: 30,
    time: expect.any(Number),
    pid: app.process.pid,
    context: 'NestFactory',
    msg: 'Starting Nest application...',
  });
});

describe('secrets', () => {
  const names = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key'];
  const headers = Object.fromEntries(names.map((name) => [name, `hunter2 of ${name}`]));

  it('of headers are not shown, nor what redact names in a body, by services and workers', async () => {
    const user = { name: 'Ada', email: 'hunter2@example.com' };
    const id = await idOf(await app.post('/talk', { runner: 'node', user }, headers));
    const line = await lineOf(({ msg, requestId }) => msg === 'asked' && requestId === id);
    expect(line.user).toEqual({ name: 'Ada', email: '[Redacted]' });
    const shown = line.headers as Record<string, string>;
    expect(names.map((name) => [name, shown[name]])).toEqual(
      names.map((name) => [name, '[Redacted]']),
    );
    expect(shown['content-type']).toBe('application/json');
    const inWorker = await lineOf(
      ({ runner, msg }) => runner === 'node_talker' && msg === 'talking',
    );
    expect(inWorker).toMatchObject({
      user: { name: 'Ada', email: '[Redacted]' },
      headers: { cookie: '[Redacted]' },
    });
    expect(app.output).not.toContain('hunter2');
  });
});

describe('the access log', () => {
  it('has a line for each request, with what there is to know of it', async () => {
    const id = await idOf(await app.post('/talk', { runner: 'node' }, { cookie: 'a=hunter2' }));
    const line = await lineOf(({ context, requestId }) => context === 'Access' && requestId === id);
    expect(line).toMatchObject({
      level: 30,
      method: 'POST',
      route: '/talk',
      service: 'talk_service',
      status: 200,
      durationMs: expect.any(Number),
      requestBytes: 17,
      responseBytes: expect.any(Number),
      msg: 'POST /talk 200',
    });
    expect(app.output).not.toContain('hunter2');
  });

  it('has a line for each request of a mount, by the path of the mount', async () => {
    const headers = { 'content-type': 'text/plain' };
    const answer = await app.post('/of/acme/app/x?token=hunter2', 'hello', headers);
    const sent = await answer.text();
    const { id } = JSON.parse(sent) as { id: string };
    expect(sent).toContain('"body":"hello"');
    const line = await lineOf(({ context, requestId }) => context === 'Access' && requestId === id);
    expect(line).toMatchObject({
      level: 30,
      method: 'POST',
      route: '/of/:tenant/app',
      path: '/of/acme/app/x',
      status: 202,
      durationMs: expect.any(Number),
      requestBytes: 5,
      responseBytes: Buffer.byteLength(sent),
      msg: 'POST /of/:tenant/app 202',
    });
    expect(app.output).not.toContain('hunter2');
  });

  it.each([
    ['/talk', 'application/json'],
    ['/of/acme/app', 'text/plain'],
  ])('has 499 where a client of %s leaves in the midst of its upload', async (path, type) => {
    for (const [how, headers] of Object.entries({ length: { 'content-length': 20 }, chunks: {} })) {
      const requestId = `cut-${how}-${path.length}`;
      const told = { 'content-type': type, 'x-request-id': requestId, ...headers };
      const call = request(app.url + path, { method: 'POST', headers: told });
      call.on('error', () => undefined);
      await new Promise((resolve) => call.write('{"runner"', resolve));
      // The server knows of it when it has answered what was sent after it.
      await app.get('/livez');
      call.destroy();
      const line = await lineOf((each) => each.requestId === requestId);
      expect([how, line.status]).toEqual([how, 499]);
    }
  });

  it('has the failures, too', async () => {
    const before = accessOf(app.records).length;
    await app.get('/nope?token=hunter2');
    await app.get('/talk');
    await app.post('/talk', '{"runner":');
    await app.post('/talk', 'x'.repeat(21 * 1024 * 1024));
    await app.post('/late');
    await Promise.all([app.post('/alone'), app.post('/alone')]);
    const client = new AbortController();
    const left = fetch(`${app.url}/alone`, { method: 'POST', signal: client.signal });
    await until(() => app.records.filter(({ msg }) => msg === 'alone').length === 2, 5000);
    client.abort();
    await expect(left).rejects.toThrow('aborted');
    const seen = (): string[] =>
      accessOf(app.records)
        .slice(before)
        .map(({ msg }) => msg)
        .toSorted();
    await until(
      () => seen().length === 8,
      5000,
      () => seen().join('\n'),
    );
    expect(seen()).toEqual([
      'GET (no route) 404',
      'GET (no route) 405',
      'POST /alone 200',
      'POST /alone 429',
      'POST /alone 499',
      'POST /late 504',
      'POST /talk 400',
      'POST /talk 413',
    ]);
    expect(app.records.find(({ status }) => status === 404)?.path).toBe('/nope');
    expect(app.output).not.toContain('hunter2');
  });

  it('has no line for health and metrics', async () => {
    for (const path of ['/livez', '/readyz', '/healthz', '/metrics']) await app.get(path);
    const id = await idOf(await app.post('/talk', { runner: 'node' }));
    await lineOf(({ context, requestId }) => context === 'Access' && requestId === id);
    const routes = accessOf(app.records).map(({ route }) => route);
    expect(routes.filter((route) => /z$|metrics/.test(String(route)))).toEqual([]);
  });
});

describe('lines of one’s own', () => {
  it.each(['node', ...(python === '' ? [] : ['python'])])(
    'name the request, in the service and in the worker (%s)',
    async (runner) => {
      const id = await idOf(await app.post('/talk', { runner }));
      const mine = app.records.filter(({ requestId }) => requestId === id);
      expect(mine.filter(({ context }) => context === 'Talk').map(({ msg }) => msg)).toEqual([
        'asked',
        'answered',
      ]);
      const line = await lineOf(
        ({ requestIds }) => Array.isArray(requestIds) && requestIds.includes(id),
      );
      expect(line).toMatchObject({
        level: 30,
        runner: `${runner}_talker`,
        rows: 1,
        msg: 'talking',
      });
      expect(app.workerPids).toContain(line.pid);
    },
  );

  it('of a trace name it', async () => {
    const [trace, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    const headers = { traceparent: `00-${trace}-${span}-01` };
    const id = await idOf(await app.post('/talk', { runner: 'node' }, headers));
    const line = await lineOf(({ msg, requestId }) => msg === 'answered' && requestId === id);
    expect(line.traceId).toBe(trace);
    const inWorker = await lineOf(
      ({ requestIds }) => Array.isArray(requestIds) && requestIds.includes(id),
    );
    expect(inWorker.traceIds).toEqual([trace]);
  });
});

it.each(['node', ...(python === '' ? [] : ['python'])])(
  'an error has its request, its stack and its cause, and nothing of the body (%s)',
  async (runner) => {
    const answer = await app.post('/fail', { runner });
    expect(answer.status).toBe(500);
    const { requestId: id } = (await answer.json()) as { requestId: string };
    const line = await lineOf(({ level, requestId }) => level === 50 && requestId === id);
    expect(line).toMatchObject({ context: 'BentoNest', err: { stack: expect.any(String) } });
    expect(JSON.stringify(line.err)).toContain('no answer');
    const inWorker = await lineOf(
      ({ msg, runner: name }) => msg === 'it failed' && name === `${runner}_talker`,
    );
    expect(inWorker).toMatchObject({
      level: 50,
      requestIds: [id],
      err: { type: 'TypeError', message: 'no answer', stack: expect.stringContaining('TypeError') },
    });
    expect(app.output).not.toContain('body of');
  },
);

it('what is no HTTP is answered, and has a line with the status and the id of the answer', async () => {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.end('NO HTTP\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toContain('400 Bad Request');
  const [, requestId] = /X-Request-Id: (\S+)/.exec(answer.toString()) ?? [];
  const line = await lineOf((each) => each.requestId === requestId);
  expect(line).toMatchObject({ context: 'Access', method: '', route: '', status: 400 });
});

it('SIGUSR2 changes the level to debug and back, in the workers too', async () => {
  const debugLines = (): string[] =>
    app.records.flatMap(({ level, msg }) => (level === 20 && /detail/.test(msg) ? [msg] : []));
  const toggle = async (level: string): Promise<void> => {
    app.process.kill('SIGUSR2');
    await until(() => app.records.at(-1)?.msg.includes(`now ${level}`) === true, 5000);
  };
  await app.post('/talk', { runner: 'node' });
  expect(debugLines()).toEqual([]);
  await toggle('debug');
  const asked = python === '' ? ['node'] : ['node', 'python'];
  await until(
    async () => {
      for (const runner of asked) await app.post('/talk', { runner });
      return (
        new Set(app.records.flatMap(({ level, pid }) => (level === 20 ? [pid] : []))).size >
        asked.length
      );
    },
    5000,
    () => debugLines().join('\n'),
  );
  await toggle('info');
  await until(async () => {
    const before = debugLines().length;
    for (const runner of asked) await app.post('/talk', { runner });
    return debugLines().length === before;
  }, 5000);
});

it('of several processes, the first one takes SIGUSR2 and tells the others', async () => {
  const several = await startLogApp({
    apiProcesses: 2,
    logging: { access: { fields: ['status'] } },
  });
  onTestFinished(async () => {
    await several.end();
  });
  await until(() => several.output.includes('2 API processes serve'), 30_000);
  const debugPids = (): Set<number> =>
    new Set(several.records.flatMap(({ msg, pid }) => (msg === 'asked for my pid' ? [pid] : [])));
  const askTen = () =>
    Promise.all(
      Array.from({ length: 10 }, () => several.post('/pid', undefined, { connection: 'close' })),
    );
  await askTen();
  expect(debugPids().size).toBe(0);
  several.process.kill('SIGUSR2');
  await until(
    async () => {
      await askTen();
      return debugPids().size === 2;
    },
    5000,
    () => several.output,
  );
  expect(debugPids().has(several.process.pid ?? 0)).toBe(false);
  const line = accessOf(several.records).at(-1);
  expect(Object.keys(line ?? {})).toEqual(['level', 'time', 'pid', 'context', 'status', 'msg']);
});

it('without logging, Nest logs as ever, and requests are not logged', async () => {
  const plain = await startLogApp({ logging: false });
  onTestFinished(async () => {
    await plain.end();
  });
  await plain.post('/pid');
  expect(plain.output).toMatch(/^\[Nest\] \d+ .*Starting Nest application/);
  expect(plain.output).not.toContain('Access');
});

it('is text where that is asked for', async () => {
  const pretty = await startLogApp({ logging: { format: 'pretty' } });
  onTestFinished(async () => {
    await pretty.end();
  });
  await pretty.post('/talk', { runner: 'node' });
  await until(() => pretty.output.includes('[Access]'), 5000);
  expect(pretty.output).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: \[NestFactory\] Starting Nest application/,
  );
  expect(pretty.output).toMatch(/INFO: \[node_talker\] talking \{"requestIds":/);
  expect(pretty.output).toMatch(
    /INFO: \[Access\] POST \/talk 200 in [\d.]+ ms, \d+ B \(request \S+\)\n/,
  );
});
