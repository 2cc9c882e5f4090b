import { once } from 'node:events';
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, it } from 'vitest';
import { ServedApp, until } from '../e2e/served-app.js';

const KINDS = ['express', 'koa', 'hono', 'fastify', 'fetch', 'node'] as const;

interface Upload {
  readonly call: ClientRequest;
  readonly answer: IncomingMessage;
}

let url: string;
/** What each application answered while the server came to its end. */
const whole = new Map<string, Promise<string>>();
let answeredBefore = 0;
/** How many of them were answered before the end began. */
let sooner: number;
let exit: number | string;

async function beginEcho(kind: string): Promise<Upload> {
  const headers = { 'content-type': 'text/plain' };
  const call = request(`${url}/${kind}/echo`, { method: 'POST', headers });
  call.write('before ');
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  return { call, answer };
}

async function isEnding(): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).status === 503;
  } catch {
    return true;
  }
}

beforeAll(async () => {
  const app = await ServedApp.start({ entry: 'dist/test/fixtures/mount-app/main.js' });
  ({ url } = app);
  const uploads = await Promise.all(KINDS.map((kind) => beginEcho(kind)));
  for (const kind of KINDS) {
    const late = fetch(`${url}/${kind}/late`).then((answer) => answer.text());
    whole.set(`late of ${kind}`, late);
    late.then(() => answeredBefore++, () => undefined); // prettier-ignore
  }
  // They are with the applications when one that was sent after them is answered.
  await fetch(`${url}/readyz`);
  const ended = app.end('SIGTERM');
  await until(isEnding, 5000);
  sooner = answeredBefore;
  for (const [index, { call, answer }] of uploads.entries()) {
    call.end('after');
    whole.set(`echo of ${KINDS[index]}`, text(answer));
  }
  await Promise.allSettled(whole.values());
  exit = await ended;
});

it.each(KINDS)('SIGTERM: what %s has not begun to answer is answered', async (kind) => {
  expect(await whole.get(`late of ${kind}`)).toBe('late');
});

it.each(KINDS)('SIGTERM: what %s is in the midst of goes on in both ways', async (kind) => {
  expect(await whole.get(`echo of ${kind}`)).toBe('before after');
});

it('SIGTERM: exit 0', () => {
  expect({ exit, sooner }).toEqual({ exit: 0, sooner: 0 });
});
