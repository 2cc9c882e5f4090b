import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServedApp } from '../e2e/served-app.js';

const MIB = 1024 * 1024;
type Headers = Readonly<Record<string, string>>;
const JSON_TYPE: Headers = { 'content-type': 'application/json' };

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: 'dist/test/fixtures/every-descriptor-app/main.js' });
});

afterAll(async () => {
  await app.end();
});

interface Refusal {
  readonly status: number;
  readonly body: string;
}

async function send(path: string, body: string, headers: Headers = JSON_TYPE): Promise<Refusal> {
  const signal = AbortSignal.timeout(20_000);
  const sent = { method: 'POST', headers, body, signal };
  const answer = await fetch(app.url + path, sent);
  return { status: answer.status, body: await answer.text() };
}

async function rssMib(): Promise<number> {
  return ((await (await app.get('/state')).json()) as { rss: number }).rss / MIB;
}

/** Has Linux forget the most memory that the server ever had. */
function resetPeak(): void {
  writeFileSync(`/proc/${app.process.pid}/clear_refs`, '5');
}

function peakMib(): number {
  const status = readFileSync(`/proc/${app.process.pid}/status`, 'utf8');
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** The longest that /livez had to wait while something else was done. */
async function longestProbe(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  let longest = 0;
  const probe = async (): Promise<void> => {
    while (!isDone) {
      const startedAt = performance.now();
      await (await app.get('/livez')).text();
      longest = Math.max(longest, performance.now() - startedAt);
    }
  };
  const probing = probe();
  try {
    await work;
  } finally {
    isDone = true;
  }
  await probing;
  return longest;
}

/** The longest that any may wait here, where the machine is busy with other tests. */
const MAX_WAIT_MS = 20_000;

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))];
}

function open(): Socket {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  return socket;
}

/** Writes it all, as fast as the server reads, and returns the answer. */
async function exchange(pieces: Iterable<string>): Promise<string> {
  const socket = open();
  const answer = text(socket);
  for (const piece of pieces) {
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  return answer;
}

// These come first, while the server has no memory left of longer bodies.
it('10,000 bad bodies in a row are refused at once, and leave nothing', async () => {
  const secret = 'a-body-that-no-log-shows';
  const plain = { 'content-type': 'text/plain' };
  const odd = { 'content-type': 'application/json;;=' };
  const bad: readonly (readonly [body: string, status: number, headers?: Headers])[] = [
    [`{"${secret}":`, 400],
    ['', 400],
    [`["${secret}"]`, 400],
    [`"${secret}`, 400],
    [`{"kind":"${secret}"}`, 415, plain],
    [`{"kind":"${secret}"}`, 415, { 'content-type': secret }],
    [`{"kind":"${secret}"}`, 400, odd],
  ];
  const times: number[] = [];
  const run = async (count: number): Promise<void> => {
    const indices = Array(count).keys();
    const client = async (): Promise<void> => {
      for (const i of indices) {
        const startedAt = performance.now();
        const [body, status, headers] = bad[i % bad.length];
        const answer = await send('/json', body, headers);
        times.push(performance.now() - startedAt);
        expect(answer.status).toBe(status);
      }
    };
    // Two, so that the server need not wait for the client to think.
    await Promise.all([client(), client()]);
  };
  await run(5000);
  const before = await rssMib();
  times.length = 0;
  await run(10_000);
  const growth = (await rssMib()) - before;
  const p99 = percentile(times, 0.99);
  console.info(`p99 ${p99.toFixed(1)} ms (bound 10), ${growth.toFixed(1)} MiB more (bound 10)`);
  expect(p99).toBeLessThan(500);
  expect(growth).toBeLessThanOrEqual(10);
  expect(app.output).not.toContain(secret);
  expect(app.output).not.toMatch(/ERROR/);
}, 120_000);

/** The table of faults has 100, which take a quarter of an hour: without CHUNK_ROUNDS, those that fit in a time. */
const CHUNK_ROUNDS = Number(process.env.CHUNK_ROUNDS ?? 0);
const CHUNKS_MS = 5000;
const LEAST_ROUNDS = 2;

it.each([
  ['JSON', '/any', 'application/json', 1_000_000, ['', '7'], '7'],
  ['a Buffer', '/bytes', 'audio/wav', 300_000, ['', ''], '300000'],
  [
    'parts of a form',
    '/frames',
    'multipart/form-data; boundary=x',
    300_000,
    [
      '--x\r\nContent-Disposition: form-data; name="scores"\r\n\r\n',
      '[7]\r\n--x\r\nContent-Disposition: form-data; name="table"\r\n\r\n[{"species":"a","length":1}]\r\n--x--\r\n',
    ],
    '[1,1]',
  ],
  [
    'a file of a form',
    '/lengths',
    'multipart/form-data; boundary=x',
    300_000,
    ['--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n', '\r\n--x--\r\n'],
    '300000',
  ],
] as const)(
  '%s in chunks of one byte takes the memory of its bytes',
  async (name, path, type, count, [first, last], answer) => {
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const frame = (piece: string): string =>
      piece === '' ? '' : `${piece.length.toString(16)}\r\n${piece}\r\n`;
    const spaces = '1\r\n \r\n'.repeat(1000);
    const sendAll = async (chunks: number): Promise<string> => {
      const pieces = Array<string>(chunks / 1000).fill(spaces);
      return exchange([head + frame(first), ...pieces, `${frame(last)}0\r\n\r\n`]);
    };
    // What is compiled and grown for good; a long body would hide what the next one takes.
    for (let i = 0; i < 20; i++) await sendAll(1000);
    const before = await rssMib();
    let growth = 0;
    resetPeak();
    let rounds = 0;
    const endAt = performance.now() + CHUNKS_MS;
    const isDone = (): boolean =>
      CHUNK_ROUNDS > 0
        ? rounds >= CHUNK_ROUNDS
        : rounds >= LEAST_ROUNDS && performance.now() > endAt;
    for (; !isDone(); rounds++) {
      const got = await sendAll(count);
      expect(got).toMatch(/^HTTP\/1.1 200 OK/);
      expect(got.split('\r\n').at(-1)).toBe(answer);
      growth = Math.max(growth, (await rssMib()) - before);
    }
    const meanwhile = peakMib() - before;
    console.info(
      `${name}, ${rounds} times: ${growth.toFixed(1)} MiB more (bound 10), ${meanwhile.toFixed(1)} meanwhile`,
    );
    expect(growth).toBeLessThanOrEqual(10);
  },
  120_000 + CHUNK_ROUNDS * 30_000,
);

it('4 MB of CSV rows hold nobody up, and take little more than their columns', async () => {
  const form = new FormData();
  form.append('scores', '[1]');
  const csv = `species,length\n${',1\n'.repeat(1_300_000)}`;
  form.append('table', new Blob([csv], { type: 'text/csv' }));
  const before = await rssMib();
  resetPeak();
  let answer: unknown;
  const sent = fetch(`${app.url}/frames`, { method: 'POST', body: form });
  const longest = await longestProbe(sent.then(async (got) => (answer = await got.json())));
  const most = peakMib() - before;
  console.info(
    `/livez waited ${longest.toFixed(0)} ms at most, ${most.toFixed(0)} MiB more (2500 and 532 before)`,
  );
  expect(answer).toEqual([1_300_000, 1]);
  expect(longest).toBeLessThan(1500);
  expect(most).toBeLessThan(250);
});

it.each([
  ['scalars for objects', '1'],
  ['objects that are wrong', '{"x":1}'],
])('18 MB of %s hold nobody up', async (_, item) => {
  const points = Array(Math.floor((18 * 1_000_000) / (item.length + 1))).fill(item);
  const body = `{"kind":"line","width":2,"points":[${points.join(',')}]}`;
  let answer: Refusal | undefined;
  const longest = await longestProbe(send('/json', body).then((got) => (answer = got)));
  console.info(`/livez waited ${longest.toFixed(0)} ms at most (88,000 before it was bounded)`);
  expect(longest).toBeLessThan(MAX_WAIT_MS);
  expect(answer?.status).toBe(400);
  expect(answer?.body).toContain('points must contain no more than 3 elements');
  expect(answer?.body.length).toBeLessThan(50_000);
});

it.each([
  ['more than a schema is given', 9_000_000, 413],
  ['as many as a schema is given', 99_000, 400],
])('%s of wrong values hold nobody up', async (name, count, status) => {
  const body = `{"kind":"line","points":[${Array(count).fill(1).join(',')}]}`;
  let answer: Refusal | undefined;
  const longest = await longestProbe(send('/schema', body).then((got) => (answer = got)));
  console.info(`${name}: /livez waited ${longest.toFixed(0)} ms (1500 for 200,000 before)`);
  expect(longest).toBeLessThan(MAX_WAIT_MS);
  expect(answer?.status).toBe(status);
  expect(answer?.body.length).toBeLessThan(50_000);
});

it.each(['/strict', '/schema'])(
  'a long name of an unknown field does not come back (%s)',
  async (path) => {
    const body = `{"kind":"line","width":2,"points":[],"${'x'.repeat(MIB)}":1}`;
    const answer = await send(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatch(/should not exist|Unrecognized key/);
    expect(answer.body.length).toBeLessThan(2000);
  },
);

it('JSON nested 250,000 deep is refused at once', async () => {
  const deep = '['.repeat(250_000) + ']'.repeat(250_000);
  for (const path of ['/any', '/json', '/ndarray', '/frame', '/parameters']) {
    let answer: Refusal | undefined;
    const longest = await longestProbe(send(path, deep).then((got) => (answer = got)));
    console.info(`${path}: /livez waited ${longest.toFixed(1)} ms at most (bound 100)`);
    expect(longest).toBeLessThan(1000);
    expect([path, answer?.status]).toEqual([path, 400]);
  }
});

it.each([
  ['a header', '/any', '__proto__: polluted\r\nconstructor: polluted\r\n', '1'],
  ['a query', '/any?__proto__[polluted]=1&constructor[prototype][polluted]=1', '', '1'],
  [
    'an unknown parameter',
    '/parameters',
    '',
    '{"input":[[1]],"shape":{"kind":"line","width":2,"points":[]},"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
  ],
])('keys that reach prototypes do not, as %s', async (_, path, headers, body) => {
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${headers}\r\n`;
  expect(await exchange([head + body])).toMatch(/^HTTP\/1.1 200 OK/);
  expect(await (await app.get('/state')).json()).toMatchObject({ polluted: false });
});

it('tables and columns are parts of a form, too', async () => {
  const form = new FormData();
  const csv = 'species,length\na,1.5\nb,2\n';
  form.append('table', new Blob([csv], { type: 'text/csv' }));
  form.append('scores', '[1,2,3]');
  const answer = await fetch(`${app.url}/frames`, { method: 'POST', body: form });
  expect(await answer.json()).toEqual([2, 3]);
  form.set('table', new Blob(['species\na\n'], { type: 'text/csv' }));
  const refused = await fetch(`${app.url}/frames`, { method: 'POST', body: form });
  expect(refused.status).toBe(400);
  expect(((await refused.json()) as Error).message).toMatch(/^table: Expected a column "length"/);
});

it('nor as a part of a form', async () => {
  const form = new FormData();
  form.append('input', '[[1]]');
  form.append('shape', '{"kind":"line","width":2,"points":[]}');
  form.append('__proto__', '{"polluted":1}');
  form.append('constructor', '{"prototype":{"polluted":1}}');
  const answer = await fetch(`${app.url}/parameters`, { method: 'POST', body: form });
  expect(answer.status).toBe(200);
  expect(await (await app.get('/state')).json()).toMatchObject({ polluted: false });
  // Nor has any body of this file been an error of the server.
  expect(app.output).not.toMatch(/ERROR/);
});
