import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSession } from '../e2e/http2-session.js';
import { ServedApp, until } from '../e2e/served-app.js';

const IDLE_MS = 1500;
const TOTAL_MS = 4000;
const MAX_BODY = 1000;

let app: ServedApp;
let session: ClientHttp2Session;

beforeAll(async () => {
  const bodyLimitBytes = MAX_BODY;
  const times = { bodyIdleTimeoutMs: IDLE_MS, requestTimeoutMs: TOTAL_MS, timeoutMs: 20_000 };
  app = await ServedApp.spawn({
    entry: 'dist/test/fixtures/limits-app/main.js',
    env: {
      LIMITS_APP: JSON.stringify({ ...times, bodyLimitBytes }),
      BENTONEST__SERVER__HTTP2: 'true',
    },
  });
  session = await openSession(app);
});

afterAll(async () => {
  session.destroy();
  await app.end();
});

function post(path: string): ClientHttp2Stream {
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/json' };
  const stream = session.request(headers);
  stream.on('error', () => undefined);
  return stream;
}

async function outcome(stream: ClientHttp2Stream) {
  const startedAt = performance.now();
  let status = 0;
  let body = '';
  stream.on('response', (headers) => (status = headers[':status'] ?? 0));
  stream.on('data', (chunk: Buffer) => (body += chunk.toString()));
  // It ends by being closed, where its own body was not whole.
  await once(stream, 'close');
  return { status, body, ms: performance.now() - startedAt };
}

it('a stream whose body stops is answered 408, and the others of its session go on', async () => {
  const stalled = Array.from({ length: 50 }, () => post('/open'));
  const ended = stalled.map((stream) => outcome(stream));
  for (const stream of stalled) stream.write('1');
  const closed = Promise.all(stalled.map((stream) => once(stream, 'close')));
  // Their body is there: what they wait for is the method.
  const patient = post('/open');
  patient.end(String(2 * IDLE_MS));
  const waited = outcome(patient);
  const outcomes = await Promise.all(ended);
  const late = Math.max(...outcomes.map(({ ms }) => ms));
  console.info(`answered after ${late.toFixed(0)} ms at most (bodyIdleTimeoutMs ${IDLE_MS})`);
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set([408]));
  expect(late).toBeLessThan(3 * IDLE_MS);
  expect(JSON.parse(outcomes[0].body)).toMatchObject({
    statusCode: 408,
    errorCode: 'REQUEST_TIMEOUT',
    requestId: expect.any(String) as string,
  });
  await closed;
  expect(await waited).toMatchObject({ status: 200, body: 'done' });
  await until(
    () => app.output.match(/^request \/open 408$/gm)?.length === 50,
    2000,
    () => app.output,
  );
  expect(app.complaints).toEqual([]);
});

it('a body that comes slowly is waited for, and no longer than requestTimeoutMs', async () => {
  const [slow, endless] = [post('/open'), post('/open')];
  const [waited, cut] = [outcome(slow), outcome(endless)];
  const drip = setInterval(() => endless.write(' '), IDLE_MS / 3);
  for (const byte of '000000') {
    await sleep(IDLE_MS / 3);
    slow.write(byte);
  }
  slow.end();
  // Not a number, but whole.
  expect((await waited).status).toBe(400);
  const { status, ms } = await cut;
  clearInterval(drip);
  console.info(`answered after ${ms.toFixed(0)} ms (requestTimeoutMs ${TOTAL_MS})`);
  expect(status).toBe(408);
  expect(ms).toBeGreaterThan(TOTAL_MS - 100);
  expect(ms).toBeLessThan(2 * TOTAL_MS);
});

it('a body that is too long ends its stream with the answer, and holds up no other', async () => {
  const statuses: unknown[] = [];
  const startedAt = performance.now();
  // Together more than the window of the connection.
  for (let count = 0; count < 20; count++) {
    const tooLong = post('/open');
    tooLong.on('response', (headers) => statuses.push(headers[':status']));
    tooLong.write('1'.repeat(20 * MAX_BODY));
  }
  // Told of when the stream has ended on the server's side.
  const told = () => app.output.match(/^request \/open 413$/gm)?.length;
  await until(
    () => told() === 20,
    TOTAL_MS,
    () => app.output,
  );
  const ms = performance.now() - startedAt;
  console.info(`20 of 413 ended after ${ms.toFixed(0)} ms (bodyIdleTimeoutMs ${IDLE_MS})`);
  expect(ms).toBeLessThan(IDLE_MS);
  const next = post('/open');
  next.end('1');
  expect((await outcome(next)).status).toBe(200);
  expect(statuses).toEqual(Array(20).fill(413));
});
