import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createExpressHandler } from './node-app.js';

/** As middie leaves a request, and middleware after it. */
function requestWith(others: Record<string, unknown>): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  const own = { id: '1', hostname: 'a', protocol: 'http', ip: '::1', ips: [], log: 1, query: {} };
  return Object.assign(request, own, others);
}

it('Express gets a request without what shadows its own getters, and with all else', () => {
  const got: IncomingMessage[] = [];
  const handler = createExpressHandler((request) => got.push(request));
  const request = requestWith({ body: 'b', user: 'alice' });
  const response = new ServerResponse(request);
  handler(request, response, () => undefined);
  expect(got).toEqual([request]);
  for (const name of ['hostname', 'protocol', 'ip', 'ips', 'query']) {
    expect([name, Object.hasOwn(request, name)]).toEqual([name, false]);
  }
  expect(request).toMatchObject({ id: '1', log: 1, body: 'b', user: 'alice' });
  // Nothing to take away: nothing is touched.
  const bare = new IncomingMessage(new Socket());
  const names = Object.keys(bare);
  handler(bare, response, () => undefined);
  expect(Object.keys(bare)).toEqual(names);
});
