import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { json as parse, text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { python, servePython } from './python-apps.js';
import { until } from './served-app.js';
import type { LogRecord, ServedApp } from './served-app.js';

const CHUNKS = 1000;
/** gunicorn reads in pieces of this size. */
const KIB = 1024;
const MIB = KIB * KIB;
/** What sockets on the way keep by themselves. */
const MOST_MIB = 32;
/** Looks at 20 ms from each other. */
const STILL = 15;
const HOST = '127.0.0.1';
const TEXT = { 'content-type': 'text/plain' };

interface Told {
  readonly bytes: number;
  readonly left: boolean;
}

let app: ServedApp;
const agent = new Agent({ keepAlive: true, scheduling: 'lifo' });

/** A request of Node's own client, which sends each chunk at once. */
function send(path: string, method = 'GET', headers: Record<string, string | number> = TEXT) {
  const call = request(app.url + path, { method, headers, agent });
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  // Those that leave hear of it.
  call.on('error', () => undefined);
  answered.catch(() => undefined);
  return { call, answered };
}

async function ask(path: string, method?: string): Promise<unknown> {
  const { call, answered } = send(path, method, { 'content-length': 0 });
  call.end();
  const [answer] = await answered;
  return answer.headers['content-type'] === 'application/json' ? parse(answer) : text(answer);
}

/** How many requests of a mount were counted with a status. */
async function counted(endpoint: string, status: number): Promise<number> {
  const metrics = await (await app.get('/metrics')).text();
  const name = `bentoml_api_server_request_total{endpoint="${endpoint}",http_response_code="${status}"`;
  const line = metrics.split('\n').find((each) => each.startsWith(name));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** A number when it has not changed for a while. */
async function settled(read: () => number | Promise<number>): Promise<number> {
  const seen: number[] = [];
  await until(async () => {
    seen.push(await read());
    return seen.length > STILL && seen.at(-1) === seen.at(-STILL);
  }, 5000);
  return seen.at(-1) ?? Number.NaN;
}

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

const told = async (name: string): Promise<Told | undefined> =>
  ((await ask('/py/told')) as Record<string, Told>)[name];

describe.skipIf(python === '')('a Python application', () => {
  beforeAll(async () => {
    const SERVE = JSON.stringify({ host: HOST });
    app = await servePython({ WSGI_APP: 'wsgi_app:app', SERVE });
  }, 120_000);

  afterAll(async () => {
    agent.destroy();
    await app.end();
  });

  it('echoes 1,000 chunks, each sent when the one before it has come back', async () => {
    const { call, answered } = send('/py/echo/', 'POST');
    call.write('chunk 0');
    const [answer] = await answered;
    const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (let at = 0; at < CHUNKS; at++) {
      const { value } = (await chunks.next()) as IteratorResult<Buffer, undefined>;
      expect(String(value)).toBe(`chunk ${at}`);
      if (at < CHUNKS - 1) call.write(`chunk ${at + 1}`);
    }
    call.end();
    expect((await chunks.next()).done).toBe(true);
  });

  it('sends 1,000 chunks, each made when the one before it has been read', async () => {
    const turns = new WebSocket(`${app.url.replace('http', 'ws')}/py/turns`);
    await once(turns, 'open');
    const { call, answered } = send(`/py/gated/${CHUNKS}`);
    call.end();
    const [answer] = await answered;
    let at = 0;
    for await (const chunk of answer) {
      expect(String(chunk)).toBe(`${at++}\n`);
      turns.send('next');
    }
    expect(at).toBe(CHUNKS);
    turns.close();
    await once(turns, 'close');
  });

  it('is not read faster than its client reads', async () => {
    const { call, answered } = send('/py/flood/');
    call.end();
    await answered;
    // Nobody listens to its data.
    const bytes = await settled(async () => (await told('flood'))?.bytes ?? 0);
    console.info(
      `${mib(bytes)} of an answer that nobody reads are on their way (bound ${MOST_MIB})`,
    );
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(MOST_MIB * MIB);
    call.destroy();
    await until(async () => (await told('flood'))?.left === true, 5000);
  });

  it('has no more of an upload taken than it reads', async () => {
    const { call, answered } = send('/py/unread/', 'POST');
    while (call.write(Buffer.alloc(MIB / 16)));
    call.on('drain', () => {
      while (call.write(Buffer.alloc(MIB / 16)));
    });
    await until(async () => (await told('unread')) !== undefined, 5000);
    const bytes = await settled(() => call.socket?.bytesWritten ?? 0);
    console.info(
      `${mib(bytes)} of an upload that nobody reads are on their way (bound ${MOST_MIB})`,
    );
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(MOST_MIB * MIB);
    expect((await answered)[0].statusCode).toBe(401);
    call.destroy();
  });

  describe('whose client leaves', () => {
    it('a WebSocket is told', async () => {
      const socket = new WebSocket(`${app.url.replace('http', 'ws')}/py/turns`);
      await once(socket, 'open');
      socket.terminate();
      await until(async () => (await told('turns'))?.left === true, 5000);
      expect(await told('turns')).toEqual({ bytes: 0, left: true });
    });

    it('before the answer is told, and the request is counted as left', async () => {
      const before = await counted('/py', 499);
      const { call } = send('/py/wait/head');
      call.end();
      await until(async () => (await told('head')) !== undefined, 5000);
      expect(await told('head')).toEqual({ bytes: 0, left: false });
      call.destroy();
      await until(async () => (await told('head'))?.left === true, 5000);
      await until(async () => (await counted('/py', 499)) === before + 1, 5000);
    });

    it.each([
      ['in chunks', {}],
      ['by length', { 'content-length': 1000 }],
    ])('in the midst of an upload %s is told', async (how, headers) => {
      const name = how.replace(' ', '-');
      const before = await counted('/py', 499);
      const { call } = send(`/py/wait/${name}`, 'POST', { ...TEXT, ...headers });
      call.write('half');
      await until(async () => (await told(name))?.bytes === 4, 5000);
      call.destroy();
      await until(async () => (await told(name))?.left === true, 5000);
      expect(await told(name)).toEqual({ bytes: 4, left: true });
      await until(async () => (await counted('/py', 499)) === before + 1, 5000);
    });

    it('in the midst of an upload finds its connection closed, in WSGI', async () => {
      const { call } = send('/flask/cut', 'POST', { ...TEXT, 'content-length': 2 * KIB });
      call.write(Buffer.alloc(KIB));
      await until(async () => JSON.stringify(await ask('/flask/cut_off')) === '[5]', 5000);
      call.destroy();
      // In WSGI, all that it can be told is that there is no more to read.
      await until(async () => JSON.stringify(await ask('/flask/cut_off')) === '[5,1024]', 5000);
      await until(async () => (await counted('/flask', 499)) > 0, 5000);
      expect(await counted('/flask', 499)).toBe(1);
    });

    it('many times keeps nothing of them', async () => {
      // The proxy opens a connection anew for each that it has cut off; they wait for the next requests.
      const fewest = (await ask('/py/sockets')) as number;
      const most = fewest + 20;
      const leaveAll = async (round: number): Promise<void> => {
        const left = await counted('/py', 499);
        const calls: ClientRequest[] = [];
        for (let at = 0; at < 40; at++) {
          const { call } = send(`/py/wait/many-${round}-${at}`, at % 2 === 0 ? 'GET' : 'POST');
          if (at % 2 === 0) call.end();
          else call.write('half');
          calls.push(call);
        }
        await until(async () => (await told(`many-${round}-39`))?.bytes === 4, 5000);
        expect(await ask('/py/sockets')).toBeGreaterThanOrEqual(fewest + 39);
        for (const call of calls) call.destroy();
        await until(async () => (await counted('/py', 499)) === left + 40, 5000);
        await until(async () => ((await ask('/py/sockets')) as number) <= most, 5000);
      };
      for (const round of [0, 1, 2]) await leaveAll(round);
      expect(await counted('/py', 500)).toBe(0);
      expect(await ask('/py/sleep?seconds=0')).toBe(0);
    });
  });

  it.each([
    ['GET', 200, 'whole', '5'],
    ['HEAD', 200, '', '5'],
    ['GET', 204, '', undefined],
    ['GET', 304, '', undefined],
  ])('answers %s with %i, and its connection goes on', async (method, status, body, length) => {
    const first = send(`/py/answer/${status}`, method);
    first.call.end();
    const [connection] = (await once(first.call, 'socket')) as [Socket];
    const [answer] = await first.answered;
    expect([answer.statusCode, await text(answer)]).toEqual([status, body]);
    expect(answer.headers['content-length']).toBe(length);
    // Each header that came more than once, and none that is for the next hop alone.
    expect(answer.headers['set-cookie']).toEqual(['a=1; Path=/; SameSite=lax', 'b=2; Path=/; SameSite=lax']); // prettier-ignore
    expect(answer.headers).not.toHaveProperty('x-hop');
    expect(answer.headers).not.toHaveProperty('proxy-authenticate');
    expect(answer.headers).not.toHaveProperty('upgrade');
    expect([answer.headers.connection, answer.headers['keep-alive']]).toEqual(['keep-alive', 'timeout=72']); // prettier-ignore
    const next = send('/py/answer/200');
    next.call.end();
    expect(await text((await next.answered)[0])).toBe('whole');
    expect(next.call.socket === connection).toBe(true);
  });

  it('has an upload that waits to be asked for (Expect: 100-continue)', async () => {
    const { call, answered } = send('/py/upload', 'POST', { ...TEXT, 'content-length': KIB, expect: '100-continue' }); // prettier-ignore
    call.flushHeaders();
    await once(call, 'continue');
    call.end(Buffer.alloc(KIB));
    const [answer] = await answered;
    expect([answer.statusCode, await parse(answer)]).toEqual([200, KIB]);
  });

  it('has a line in the access log for each of its requests, by the path of the mount', async () => {
    const headers = { ...TEXT, 'x-request-id': 'logged-1' };
    const answer = await app.post('/py/request/x?token=hunter2', 'hello', headers);
    const { length } = Buffer.from(await answer.arrayBuffer());
    const isIt = ({ context, requestId }: LogRecord): boolean =>
      context === 'Access' && requestId === 'logged-1';
    await until(
      () => app.records.some(isIt),
      5000,
      () => app.output,
    );
    expect(app.records.find(isIt)).toMatchObject({
      level: 30,
      method: 'POST',
      route: '/py',
      path: '/py/request/x',
      status: 200,
      durationMs: expect.any(Number),
      requestBytes: 5,
      responseBytes: length,
      msg: 'POST /py 200',
    });
    expect(app.output).not.toContain('hunter2');
    expect(app.records.filter(({ msg }) => /^\w+ \/py 499$/.test(msg)).length).toBeGreaterThan(40);
  });

  // The last one: it is the server's end.
  it('of WSGI finishes what runs when the server is asked to end', async () => {
    const late = ask('/flask/sleep?seconds=1.5');
    const upload = send('/flask/cut', 'POST', { ...TEXT, 'content-length': 2 * KIB });
    upload.call.write(Buffer.alloc(KIB));
    await until(async () => ((await ask('/flask/cut_off')) as string[]).length === 3, 5000);
    let isAnswered = false;
    void late.then(() => (isAnswered = true));
    const ended = app.end('SIGTERM');
    await until(async () => (await app.get('/readyz')).status === 503, 5000).catch(() => undefined);
    expect(isAnswered).toBe(false);
    upload.call.end(Buffer.alloc(KIB));
    const [answer] = await upload.answered;
    expect([answer.statusCode, await parse(answer)]).toEqual([200, 2 * KIB]);
    expect(await late).toBe(1.5);
    expect(await ended).toBe(0);
  });
});
