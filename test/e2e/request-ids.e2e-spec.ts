import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ServedApp, until } from './served-app.js';

const OURS = /^[\da-f]{12}-\w+$/;
const ID = 'x-request-id';

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: 'dist/test/fixtures/mount-app/main.js' });
});
afterAll(async () => {
  await app.end();
});

const named = (id: string): Record<string, string> => ({ [ID]: id });

/** Sends bytes as they are and reads until the server closes. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes);
  return text(socket);
}

describe('the id of a request', () => {
  it('is the client’s own, by our name and by BentoML’s', async () => {
    const { headers } = await app.post('/size', '1', named('order-17/a:b'));
    expect(headers.get(ID)).toBe('order-17/a:b');
    expect(headers.get('x-bentoml-request-id')).toBe('order-17/a:b');
    expect((await app.get('/readyz')).headers.has('x-bentoml-request-id')).toBe(false);
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['one of 129 characters', 'x'.repeat(129)],
    ['one with a space', 'a b'],
    ['one that is not ASCII', 'b\u00e9'],
  ])('is a new one where the client sent %s', async (_what, sent) => {
    const headers = sent === undefined ? {} : named(sent);
    const answers = [await app.post('/size', '1', headers), await app.post('/size', '1', headers)];
    const [first = '', second] = answers.map((answer) => answer.headers.get(ID) ?? '');
    expect(first).toMatch(OURS);
    expect(second).toMatch(OURS);
    expect(first).not.toBe(second);
  });

  it('of 128 characters is taken', async () => {
    const id = 'x'.repeat(128);
    expect((await app.get('/readyz', named(id))).headers.get(ID)).toBe(id);
  });

  it.each([
    ['a body that is refused', 'POST', '/size', {}, 400],
    ['a path that nothing serves', 'GET', '/nowhere', {}, 404],
    ['a method that a path does not have', 'GET', '/size', {}, 405],
    ['what middleware denies', 'GET', '/size', { authorization: 'denied' }, 403],
    ['a URL that the router refuses', 'GET', '/%zz', {}, 400],
    ['a mounted application that fails', 'GET', '/express/throw', {}, 500],
  ])(
    'is in the head and the body of an answer to %s',
    async (_what, method, path, more, status) => {
      const headers = { ...named('the-one'), 'content-type': 'application/json', ...more };
      const body = method === 'POST' ? '{"a":' : undefined;
      const answer = await fetch(app.url + path, { method, headers, body });
      expect([answer.status, answer.headers.get(ID)]).toEqual([status, 'the-one']);
      expect(await answer.json()).toMatchObject({ requestId: 'the-one' });
    },
  );

  it('is a new one in the answer to what is no request', async () => {
    const answer = await raw('garbage\r\n\r\n');
    const id = /^X-Request-Id: (?<id>.*)\r$/m.exec(answer)?.groups?.id ?? '';
    expect(id).toMatch(OURS);
    expect(answer).toContain(`"requestId":"${id}"`);
  });

  it('stands in the log beside the error', async () => {
    await app.get('/node/throw', named('logged-1'));
    const line = 'secret of node (request logged-1)';
    await until(() => app.output.includes(line), 5_000);
    expect(app.output).toContain(line);
  });

  it.each(['express', 'koa', 'hono', 'fastify', 'fetch', 'node'])(
    'reaches a mounted application, %s, and stands in its answers',
    async (kind) => {
      const answer = await app.post(`/${kind}/echo`, 'x', { ...named('m-1'), 'x-test': 'y' });
      expect([answer.headers.get('x-echo'), answer.headers.get('x-seen-id')]).toEqual(['y', 'm-1']);
      expect(answer.headers.get(ID)).toBe('m-1');
      const { headers } = await app.post(`/${kind}/echo`, 'x');
      expect(headers.get(ID)).toMatch(OURS);
      expect(headers.get('x-seen-id')).toBe(headers.get(ID));
    },
  );

  it('does not stand in the way of a WebSocket', async () => {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/node/x`, {
      headers: named('s'),
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.close();
  });
});
