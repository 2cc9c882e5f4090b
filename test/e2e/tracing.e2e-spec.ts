import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OtlpReceiver } from './otlp-receiver.js';
import type { ReceivedSpan } from './otlp-receiver.js';
import { python, servePython } from './python-apps.js';
import { ServedApp, until } from './served-app.js';
import type { ServedAppOptions } from './served-app.js';

const ENTRY = 'dist/test/fixtures/traced-app/main.js';
const SERVER = 2;
const INTERNAL = 1;

let collector: Awaited<ReturnType<typeof OtlpReceiver.start>>;

function settings(env: Readonly<Record<string, string>>): ServedAppOptions {
  const { url: COLLECTOR } = collector;
  return { entry: ENTRY, env: { COLLECTOR, OTEL_BSP_SCHEDULE_DELAY: '100', ...env } };
}

/** A trace that a client has begun. */
class ClientTrace {
  readonly id = randomBytes(16).toString('hex');
  readonly spanId = randomBytes(8).toString('hex');

  constructor(private readonly flags: '00' | '01' = '01') {}

  get headers(): Record<string, string> {
    return { traceparent: `00-${this.id}-${this.spanId}-${this.flags}`, tracestate: 'of=client' };
  }
}

function spanOf(spans: ReadonlyMap<string, ReceivedSpan>, name: string): ReceivedSpan {
  const span = spans.get(name);
  if (span === undefined) throw new Error(`No span ${name} among ${[...spans.keys()].join(', ')}.`);
  return span;
}

beforeAll(async () => {
  collector = await OtlpReceiver.start();
});
afterAll(async () => {
  await collector[Symbol.asyncDispose]();
});

describe('a request whose trace is recorded', () => {
  let app: ServedApp;

  beforeAll(async () => {
    // Those without a trace of their own are not recorded.
    app = await ServedApp.start(settings({ SAMPLE_RATE: '0' }));
  });
  afterAll(async () => {
    await app.end();
  });

  it('is a span of its client’s trace, and so are its parts', async () => {
    const trace = new ClientTrace();
    const answer = await app.post('/slow?secret=x', [1, 2], {
      ...trace.headers,
      'x-request-id': 'traced-1',
    });
    expect(answer.status).toBe(200);
    const spans = await collector.trace(trace.id, 5);
    expect([...spans.keys()].toSorted()).toEqual([
      'POST /slow',
      'batch',
      'decode',
      'inference',
      'queue',
    ]);
    const request = spanOf(spans, 'POST /slow');
    expect(request).toMatchObject({ parentId: trace.spanId, kind: SERVER, service: 'traced-app' });
    expect(request.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/slow',
      'http.response.status_code': 200,
      'url.path': '/slow',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(app.url).port),
      'bentonest.request.id': 'traced-1',
      'bentonest.service': 'traced',
    });
    expect(JSON.stringify(request.attributes)).not.toContain('secret');
    const batch = spanOf(spans, 'batch');
    for (const name of ['decode', 'queue', 'batch'])
      expect(spanOf(spans, name)).toMatchObject({ parentId: request.spanId, kind: INTERNAL });
    expect(batch.links).toEqual([request.spanId]);
    expect(batch.attributes).toMatchObject({
      'bentonest.runner': 'witness',
      'bentonest.method': 'slow',
      'bentonest.batch.calls': 1,
      'bentonest.batch.rows': 2,
    });
    expect(spanOf(spans, 'queue').links).toEqual([batch.spanId]);
    const inference = spanOf(spans, 'inference');
    expect(inference.parentId).toBe(batch.spanId);
    expect(app.workerPids).toContain(inference.attributes['process.pid']);
    expect(request.pid).toBe(app.process.pid);
    expect(collector.keys).toContain('k');
  });

  it('has parts that follow each other in time', async () => {
    const trace = new ClientTrace();
    const before = Date.now();
    await app.post('/slow', [1], trace.headers);
    // Its end is noted when the answer is out, which the client may see before.
    const after = Date.now();
    const spans = await collector.trace(trace.id, 5);
    const [request, decode, queue, batch, inference] = [
      'POST /slow',
      'decode',
      'queue',
      'batch',
      'inference',
    ].map((name) => spanOf(spans, name));
    const order = [
      before - 5,
      request.startMs,
      decode.startMs,
      decode.endMs,
      queue.startMs,
      queue.endMs,
      batch.startMs,
      inference.startMs,
      inference.endMs,
      request.endMs,
      after + 1000,
    ];
    const rounded = order.map((ms) => Math.round(ms * 10));
    expect(rounded).toEqual(rounded.toSorted((a, b) => a - b));
    // What the worker sleeps.
    expect(inference.endMs - inference.startMs).toBeGreaterThan(45);
  });

  it('shares a batch with others: one span, with a link to each', async () => {
    // The first one keeps the worker busy while the others come.
    const traces = Array.from({ length: 4 }, () => new ClientTrace());
    await Promise.all([
      app.post('/slow', [0], traces[0].headers),
      ...traces.slice(1).map(async ({ headers }) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return app.post('/slow', [1], headers);
      }),
      app.post('/slow', [2]),
    ]);
    await until(() => traces.every(({ id }) => collector.of(id).some(isServer)), 10_000);
    const ids = new Set(traces.map(({ id }) => id));
    const requests = collector.spans.filter((span) => ids.has(span.traceId) && isServer(span));
    const batches = collector.spans.filter(
      ({ traceId, name }) => ids.has(traceId) && name === 'batch',
    );
    const linked = batches.flatMap(({ links }) => links);
    expect(linked.toSorted()).toEqual(requests.map(({ spanId }) => spanId).toSorted());
    expect(batches.length).toBeLessThan(requests.length);
    const queues = collector.spans.filter(
      ({ traceId, name }) => ids.has(traceId) && name === 'queue',
    );
    expect(queues).toHaveLength(4);
    for (const { links } of queues) expect(batches.map(({ spanId }) => spanId)).toContain(links[0]);
  });

  it('is told to the worker, and to those who log requests', async () => {
    const trace = new ClientTrace();
    const answer = await app.post('/whose', '', { ...trace.headers, 'x-request-id': 'told-1' });
    const { requests } = (await answer.json()) as { requests: unknown };
    const [request] = [...(await collector.trace(trace.id, 1)).values()].filter(isServer);
    const { spanId } = request ?? spanOf(await collector.trace(trace.id, 4), 'POST /whose');
    const traceparent = `00-${trace.id}-${spanId}-01`;
    expect(requests).toEqual([{ requestId: 'told-1', traceparent }]);
    expect(app.output).toContain(`request told-1 ${trace.id} ${spanId}\n`);
  });

  it('is the parent of the application’s own spans, in handlers of both kinds', async () => {
    const [own, plain] = [new ClientTrace(), new ClientTrace()];
    await app.post('/own', '', own.headers);
    await app.post('/plain', '', { ...plain.headers, 'x-pass-on': '1' });
    const spans = await collector.trace(own.id, 3);
    expect(spanOf(spans, 'own outer').parentId).toBe(spanOf(spans, 'POST /own').spanId);
    expect(spanOf(spans, 'own inner').parentId).toBe(spanOf(spans, 'own outer').spanId);
    // It has passed a mount on its way.
    const others = await collector.trace(plain.id, 3);
    expect(spanOf(others, 'own plain').parentId).toBe(spanOf(others, 'POST /plain').spanId);
    expect(spanOf(others, 'mount').parentId).toBe(spanOf(others, 'POST /plain').spanId);
  });

  it.each(['node', 'fetch'])('goes on in a mounted application, %s', async (kind) => {
    const trace = new ClientTrace();
    const got = (await (await app.get(`/${kind}/x`, trace.headers)).json()) as Record<
      string,
      string
    >;
    const spans = await collector.trace(trace.id, 2);
    const mount = spanOf(spans, 'mount');
    const request = [...spans.values()].find(isServer);
    expect(request).toMatchObject({ name: `GET /${kind}`, parentId: trace.spanId });
    expect(mount.parentId).toBe(request?.spanId);
    expect(got.traceparent).toBe(`00-${trace.id}-${mount.spanId}-01`);
    expect(got.tracestate).toBe('of=client');
  });

  it.each(['express', 'hono'])(
    'is the parent of spans of a mounted application, %s',
    async (kind) => {
      const traces = Array.from({ length: 4 }, () => new ClientTrace());
      // At the same time: none gets another's.
      await Promise.all(
        traces.map(async ({ headers }) => {
          expect((await app.post(`/${kind}/own`, { sent: 1 }, headers)).status).toBe(200);
        }),
      );
      for (const { id } of traces) {
        const spans = await collector.trace(id, 3);
        const mount = spanOf(spans, 'mount');
        expect(mount.parentId).toBe(spanOf(spans, `POST /${kind}`).spanId);
        expect(spanOf(spans, `own ${kind}`).parentId).toBe(mount.spanId);
      }
    },
  );

  it('says where it failed', async () => {
    const trace = new ClientTrace();
    await app.post('/fail', '', trace.headers);
    const spans = await collector.trace(trace.id, 3);
    expect(spanOf(spans, 'POST /fail')).toMatchObject({
      status: 2,
      attributes: { 'http.response.status_code': 500, 'error.type': '500' },
    });
    expect(spanOf(spans, 'batch').status).toBe(2);
    const bad = new ClientTrace();
    await app.post('/slow', '{', bad.headers);
    const parts = await collector.trace(bad.id, 2);
    expect([spanOf(parts, 'POST /slow').status, spanOf(parts, 'decode').status]).toEqual([0, 2]);
    const lost = new ClientTrace();
    await app.get('/nowhere', lost.headers);
    expect(spanOf(await collector.trace(lost.id, 1), 'GET').attributes).toMatchObject({
      'http.response.status_code': 404,
      'url.path': '/nowhere',
    });
  });

  it('has the parts of an embedded runner, too', async () => {
    const trace = new ClientTrace();
    await app.post('/embeddedSlow', [1], trace.headers);
    const inference = spanOf(await collector.trace(trace.id, 5), 'inference');
    expect(inference.attributes['process.pid']).toBe(app.process.pid);
  });

  it('is none without a trace where none is chosen, and a mounted application chooses none', async () => {
    const known = new Set(collector.spans.map(({ traceId }) => traceId));
    await app.post('/slow', [1], { 'x-request-id': 'quiet-1' });
    const shown = (await (await app.get('/node/x')).json()) as Record<string, string>;
    expect(shown.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
    const refused = new ClientTrace('00');
    const answer = await app.post('/whose', '', refused.headers);
    const { requests } = (await answer.json()) as { requests: readonly { traceparent: string }[] };
    expect(requests[0]?.traceparent).toBe(refused.headers.traceparent);
    expect(app.output).toContain('request quiet-1 undefined undefined\n');
    // A later one has come: so would theirs.
    const later = new ClientTrace();
    await app.post('/slow', [1], later.headers);
    await collector.trace(later.id, 5);
    known.add(later.id);
    expect(collector.spans.filter(({ traceId }) => !known.has(traceId))).toEqual([]);
  });
});

function isServer({ kind }: ReceivedSpan): boolean {
  return kind === SERVER;
}

it('begins traces in each of several processes, and sends what is left when they end', async () => {
  const env = { BENTONEST__SERVER__WORKERS: '2', OTEL_BSP_SCHEDULE_DELAY: '600000' };
  const app = await ServedApp.spawn(settings(env));
  await until(
    () => app.output.includes('2 API processes serve'),
    20_000,
    () => app.output,
  );
  const from = collector.spans.length;
  const quiet = new ClientTrace('00');
  await app.post('/slow', [1], quiet.headers);
  for (let i = 0; i < 16; i++) {
    await app.post('/slow', [1], { connection: 'close', 'x-request-id': `many-${i}` });
  }
  await app.get('/readyz');
  expect(await app.end()).toBe(0);
  const spans = collector.spans.slice(from);
  const requests = spans.filter(isServer);
  expect(
    requests.map(({ attributes }) => String(attributes['bentonest.request.id'])).toSorted(),
  ).toEqual(Array.from({ length: 16 }, (_, i) => `many-${i}`).toSorted());
  expect(new Set(requests.map(({ parentId }) => parentId))).toEqual(new Set(['']));
  expect(new Set(requests.map(({ traceId }) => traceId)).size).toBe(16);
  expect(new Set(requests.map(({ pid }) => pid)).size).toBe(2);
  for (const { traceId } of requests)
    expect(spans.filter((span) => span.traceId === traceId)).toHaveLength(5);
}, 60_000);

describe.skipIf(python === '')('a mounted Python application', () => {
  it('gets the trace, and the runners that it calls are in it', async () => {
    const { url: COLLECTOR } = collector;
    const app = await servePython({ COLLECTOR, OTEL_BSP_SCHEDULE_DELAY: '100' });
    const shown = new ClientTrace();
    const answer = await app.get('/py/request/x', shown.headers);
    const { headers } = (await answer.json()) as { headers: readonly [string, string][] };
    const mount = spanOf(await collector.trace(shown.id, 2), 'mount');
    expect(Object.fromEntries(headers).traceparent).toBe(`00-${shown.id}-${mount.spanId}-01`);
    expect(mount.attributes).toMatchObject({ 'bentonest.mount': '/py' });

    const called = new ClientTrace();
    expect((await app.get('/py/predict', called.headers)).status).toBe(200);
    const spans = await collector.trace(called.id, 5);
    const { spanId, parentId } = spanOf(spans, 'mount');
    expect(spanOf(spans, 'GET /py')).toMatchObject({ spanId: parentId, parentId: called.spanId });
    for (const name of ['queue', 'batch']) expect(spanOf(spans, name).parentId).toBe(spanId);
    expect(spanOf(spans, 'inference').parentId).toBe(spanOf(spans, 'batch').spanId);
    await app.end();
  }, 60_000);
});
