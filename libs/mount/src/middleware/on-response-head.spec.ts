import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { expect, it, onTestFinished, vi } from 'vitest';
import { onResponseHead } from './on-response-head.js';

const FROM = { 'x-from': 'app' };

async function answerOf(listener: RequestListener): Promise<Response> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

it.each<[string, unknown[], RequestListener]>([
  ['end alone', [200, undefined], (_, response) => response.end('body')],
  ['setHeader', [200, 'app'], (_, response) => response.setHeader('X-From', 'app').end('body')],
  ['writeHead', [201, 'app'], (_, response) => response.writeHead(201, FROM).end('body')],
  ['a reason', [201, 'app'], (_, response) => response.writeHead(201, 'Yes', FROM).end('body')],
  ['a list', [201, 'app'], (_, response) => response.writeHead(201, ['X-From', 'app']).end('body')],
])('changes status and headers of an answer by %s', async (_, expected, respond) => {
  let seen: unknown[] = [];
  const answer = await answerOf((request, response) => {
    onResponseHead(response, (head) => {
      seen = [head.statusCode, head.getHeader('x-from')];
      head.statusCode = 203;
      head.removeHeader('X-From');
      head.setHeader('X-Changed', 'yes');
    });
    respond(request, response);
  });
  expect([answer.status, answer.statusText]).toEqual([203, 'Non-Authoritative Information']);
  expect(answer.headers.get('x-changed')).toBe('yes');
  expect(answer.headers.has('x-from')).toBe(false);
  expect(await answer.text()).toBe('body');
  expect(seen).toEqual(expected);
});

it('keeps what nobody changes: status, reason, names that come twice', async () => {
  const answer = await answerOf((_, response) => {
    onResponseHead(response, () => undefined);
    response.setHeader('X-Kept', 'before');
    response.setHeader('X-Replaced', 'before');
    response.writeHead(418, 'Short and stout', [
      'Set-Cookie',
      'a=1',
      'set-cookie',
      'b=2',
      'X-Replaced',
      'after',
    ]);
    response.end();
  });
  expect([answer.status, answer.statusText]).toEqual([418, 'Short and stout']);
  expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(answer.headers.get('x-kept')).toBe('before');
  expect(answer.headers.get('x-replaced')).toBe('after');
});

it('gives the first that asked the last word, and asks each once', async () => {
  const calls: string[] = [];
  const answer = await answerOf((_, response) => {
    for (const name of ['first', 'second']) {
      onResponseHead(response, (head) => {
        calls.push(name);
        head.setHeader('X-By', name);
      });
    }
    response.write('a');
    response.end('b');
  });
  expect(answer.headers.get('x-by')).toBe('first');
  expect(calls).toEqual(['second', 'first']);
});

it('refuses a second head, as Node does', async () => {
  const codes: unknown[] = [];
  await answerOf((_, response) => {
    onResponseHead(response, () => undefined);
    response.writeHead(200);
    response.flushHeaders();
    try {
      response.writeHead(201);
    } catch (error) {
      codes.push((error as NodeJS.ErrnoException).code);
    }
    response.end();
  });
  expect(codes).toEqual(['ERR_HTTP_HEADERS_SENT']);
});

it('ends the connection, and not the process, for a change that throws', async () => {
  const log = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
  onTestFinished(() => log.mockRestore());
  const failure = new Error('of the change');
  const answer = answerOf((_, response) => {
    onResponseHead(response, () => {
      throw failure;
    });
    response.setHeader('X-Secret', 'that the change would remove').end('body');
  });
  await expect(answer).rejects.toThrow('fetch failed');
  expect(log).toHaveBeenCalledWith(expect.stringContaining('the connection is closed'), failure);
});
