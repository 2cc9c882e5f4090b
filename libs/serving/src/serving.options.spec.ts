import { ServiceConfigurationError } from 'bentonest/errors';
import { expect, it } from 'vitest';
import { resolveServingOptions } from './serving.options.js';
import type { ServingOptions } from './serving.options.js';

it('has safe defaults, and limits only where they are asked for', () => {
  expect(resolveServingOptions({})).toEqual({
    shutdownGraceMs: 10_000,
    preStopDelayMs: 0,
    bodyIdleTimeoutMs: 30_000,
  });
});

it('takes what is given, and leaves out what is not', () => {
  const given = { timeoutMs: 5, maxConcurrency: 7, shutdownGraceMs: 1, preStopDelayMs: undefined };
  const { preStopDelayMs, ...others } = resolveServingOptions(given);
  expect([preStopDelayMs, others]).toEqual([
    0,
    { timeoutMs: 5, maxConcurrency: 7, shutdownGraceMs: 1, bodyIdleTimeoutMs: 30_000 },
  ]);
});

it.each<[ServingOptions['shedding'], number | undefined]>([
  [undefined, undefined],
  [false, undefined],
  [true, 500],
  [{}, 500],
  [{ maxEventLoopLagMs: 80 }, 80],
])('sheds where it is asked to: %j', (shedding, maxEventLoopLagMs) => {
  expect(resolveServingOptions({ shedding }).maxEventLoopLagMs).toBe(maxEventLoopLagMs);
});

it.each<[ServingOptions, string]>([
  [
    { maxConcurrency: 0 },
    'Expected maxConcurrency of the server to be a whole number from 1, got 0.',
  ],
  [
    { preStopDelayMs: -1 },
    'Expected preStopDelayMs of the server to be a whole number from 0, got -1.',
  ],
  [
    { timeoutMs: '1s' as never },
    'Expected timeoutMs of the server to be a whole number from 1, got "1s".',
  ],
  [{ shedding: { maxEventLoopLagMs: 0.5 } }, 'Expected shedding.maxEventLoopLagMs of the server'],
])('refuses %j', (options, message) => {
  expect(() => resolveServingOptions(options)).toThrow(ServiceConfigurationError);
  expect(() => resolveServingOptions(options)).toThrow(message);
});
