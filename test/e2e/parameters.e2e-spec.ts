import { once } from 'node:events';
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedApp, until } from './served-app.js';

const ENTRY = 'dist/test/fixtures/parameters-app/main.js';
const RESIZE = { width: 2, method: 'cubic' };

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: ENTRY });
});

afterAll(() => app.end());

async function post(path: string, body: string | object): Promise<[status: number, body: unknown]> {
  const answer = await app.post(path, body);
  return [answer.status, await answer.json()];
}

async function ends(): Promise<string[]> {
  return (await app.get('/ends')).json() as Promise<string[]>;
}

/** A request whose answer has begun. */
async function begin(path: string, body = ''): Promise<[ClientRequest, IncomingMessage]> {
  const headers = { 'content-type': 'text/plain' };
  const sent = request(app.url + path, { method: 'POST', headers }).end(body);
  sent.on('error', () => undefined);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  await once(answer, 'readable');
  return [sent, answer];
}

describe('several parameters', () => {
  it('are the values of one JSON object, as BentoML’s clients send them', async () => {
    const body = { threshold: 0.25, input_series: [[1.5, 2]], unknown: [{}], resize: RESIZE };
    expect(await post('/scale', body)).toEqual([
      200,
      { scaled: [[4.5, 6]], isDto: true, threshold: 0.25, label: 'none' },
    ]);
  });

  it.each([
    [{ resize: RESIZE }, 'Expected the parameter input_series in the JSON object, got nothing'],
    [{ input_series: [[1], 2], resize: RESIZE }, 'input_series: '],
    [{ input_series: [1], resize: { width: 1.5 } }, 'resize: width must be an integer number'],
    [{ input_series: [1], resize: RESIZE, threshold: 'high' }, 'threshold: Expected a number'],
    ['{"input_series":[1],"resize":{"width":1,"method":"cubic"},"other":tru}', 'other: '],
    ['[[1]]', 'Expected a JSON object of the parameters by name'],
  ])('are refused by name: %j', async (body, message) => {
    const [status, error] = await post('/scale', body);
    expect(status).toBe(400);
    expect((error as { message: string }).message).toContain(message);
  });

  it('keep all digits of an int64', async () => {
    const answer = await app.post('/exact', '{"ids":[9007199254740993],"extra":{"a":[1]}}');
    expect(await answer.text()).toBe('{"ids":[9007199254740993],"extra":{"a":[1]}}');
  });

  it('are the parts of a form', async () => {
    const form = new FormData();
    form.set('file', new Blob(['pixels']), 'cat.png');
    form.set('weights', '[0.5, 1]');
    const send = (): Promise<Response> =>
      fetch(`${app.url}/upload`, { method: 'POST', body: form });
    expect(await (await send()).json()).toEqual({
      filename: 'cat.png',
      bytes: 6,
      weights: [0.5, 1],
      note: 'no note',
    });
    form.set('note', 'a "b"');
    expect(await (await send()).json()).toMatchObject({ note: 'a "b"' });
    form.delete('weights');
    expect((await send()).status).toBe(400);
    expect((await app.post('/upload', { file: 'pixels', weights: [1] })).status).toBe(415);
  });
});

describe('routes with parameters', () => {
  it('take the path, the query and headers without a body', async () => {
    const answer = await app.get('/models/7?verbose=yes', { 'x-tenant': 'a' });
    expect(await answer.json()).toEqual({ id: 7, verbose: 'yes', tenant: 'a' });
    expect((await app.get('/models/seven')).status).toBe(400);
  });

  it('share a path where they are of different methods', async () => {
    expect(await post('/models/7', RESIZE)).toEqual([200, { id: 7, resize: RESIZE }]);
    const remove = async (id: number): Promise<number> =>
      (await fetch(`${app.url}/models/${id}`, { method: 'DELETE' })).status;
    expect([await remove(1), await remove(2)]).toEqual([204, 404]);
    const other = await fetch(`${app.url}/models/1`, { method: 'PATCH' });
    expect(other.status).toBe(405);
  });
});

describe('@Ctx()', () => {
  it('has the request, and the status, headers and cookies of the answer', async () => {
    const cookie = 'theme=dark; name=a%20b';
    const answer = await app.post('/context?a=1&a=2', RESIZE, { cookie, 'x-tenant': 't' });
    expect([answer.status, answer.headers.get('x-width')]).toEqual([201, '2']);
    expect(answer.headers.getSetCookie()).toEqual([
      'session=a%20b%3Bc; Path=/context; Max-Age=3600; HttpOnly; Secure; SameSite=Strict',
      'seen=1; Path=/; Domain=example.com; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    ]);
    expect(await answer.json()).toEqual({
      method: 'POST',
      url: '/context?a=1&a=2',
      query: { a: ['1', '2'] },
      cookies: { theme: 'dark', name: 'a b' },
      ip: '127.0.0.1',
      id: expect.any(String) as string,
      tenant: 't',
    });
  });
});

describe('a result', () => {
  it.each([
    ['text', 'text/plain; charset=utf-8', '"raw" text, é'],
    ['null', null, ''],
    ['array', 'application/json; charset=utf-8', '[[0.1]]'],
    ['buffer', 'application/octet-stream', '\u0000\u00FF'],
    ['stream', 'audio/wav', '\u0000\u00FF'],
    ['lines', 'application/x-ndjson', '{"array":[1.5]}\n{"big":9223372036854775808}\n'],
  ])('of the kind %s', async (kind, type, body) => {
    const answer = await app.get(`/results/${kind}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes).toEqual(Buffer.from(body, body.startsWith('\u0000') ? 'latin1' : 'utf8'));
  });

  it('of the kind null has the length 0', async () => {
    const { headers } = await app.get('/results/null');
    expect(headers.get('content-length')).toBe('0');
  });
});

describe('a generator', () => {
  it('ends when its client leaves', async () => {
    const [sent, answer] = await begin('/tokens', 'hi');
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(String(answer.read())).toMatch(/^data: hi 0\n\n/);
    expect(await ends()).not.toContain('tokens');
    sent.destroy();
    await until(async () => (await ends()).includes('tokens'), 10_000);
  });

  it('has its runner calls aborted when its client leaves', async () => {
    const [sent, answer] = await begin('/waiting');
    expect(String(answer.read())).toBe('begun');
    sent.destroy();
    await until(async () => (await ends()).includes('waiting: CALL_ABORTED'), 10_000);
  });
});

describe('limits', () => {
  it('timeoutMs answers 504 and aborts the runner calls', async () => {
    expect(await post('/late', '')).toMatchObject([504, { errorCode: 'API_TIMEOUT' }]);
    await until(async () => (await ends()).includes('late: CALL_ABORTED'), 10_000);
  });

  it('maxConcurrency answers 429, and frees the place of a client that left', async () => {
    const sent = [0, 1].map(() => request(`${app.url}/alone`, { method: 'POST' }).end());
    for (const each of sent) each.on('error', () => undefined);
    // One waits, the other is refused, in whatever order they arrive.
    const refused = await Promise.race(
      sent.map(async (each) => {
        const [answer] = (await once(each, 'response')) as [IncomingMessage];
        return answer;
      }),
    );
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1']);
    for (const each of sent) each.destroy();
    await until(async () => (await ends()).includes('alone'), 10_000);
    expect((await app.post('/alone?wait=no')).status).toBe(200);
  });
});

it('a parameter without a name is an error at start that names class, method and cure', async () => {
  const broken = await ServedApp.spawn({ entry: ENTRY, env: { MISNAMED: '1' } });
  const [code] = (await once(broken.process, 'exit')) as [number];
  expect(code).toBe(1);
  expect(broken.output).toContain('Misnamed#scale has several parameters');
  expect(broken.output).toContain('set @Api({ input: { name: descriptor, … } })');
});
