import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import type { Server } from 'node:http';
import { resolveServingOptions } from '../serving.options.js';
import type { ServingOptions } from '../serving.options.js';
import { setTimeouts } from './server-timeouts.js';

type Times = Pick<Server, 'requestTimeout' | 'headersTimeout' | 'keepAliveTimeout'>;

function timesOf(options: ServingOptions, adapter = {}): Times {
  const instance = fastify(adapter);
  setTimeouts(instance.server, resolveServingOptions(options));
  const { requestTimeout, headersTimeout, keepAliveTimeout } = instance.server;
  return { requestTimeout, headersTimeout, keepAliveTimeout };
}

it('bounds the head to 10 s and the request to 5 min, and keeps connections for 72 s', () => {
  expect(timesOf({})).toEqual({
    requestTimeout: 300_000,
    headersTimeout: 10_000,
    keepAliveTimeout: 72_000,
  });
});

it('leaves what the FastifyAdapter was given, but for what is given here', () => {
  const adapter = {
    requestTimeout: 1111,
    keepAliveTimeout: 2222,
    http: { headersTimeout: 333 },
  };
  const kept = { requestTimeout: 1111, headersTimeout: 333, keepAliveTimeout: 2222 };
  expect(timesOf({}, adapter)).toEqual(kept);
  const options = { requestTimeoutMs: 0, headersTimeoutMs: 5, keepAliveTimeoutMs: 6 };
  expect(timesOf(options, adapter)).toEqual({
    requestTimeout: 0,
    headersTimeout: 5,
    keepAliveTimeout: 6,
  });
});
