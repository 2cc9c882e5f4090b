import { Counter, register } from 'prom-client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MetricsMember } from './metrics-member.js';
import type { MessageFromCollector, MessageFromMember } from './metrics.messages.js';

let counter: Counter;

beforeEach(() => {
  vi.useFakeTimers();
  counter = new Counter({ name: 'calls_total', help: 'a help' });
});
afterEach(() => {
  vi.useRealTimers();
  register.clear();
});

/** A member, and the collector's end of its channel. */
function connect() {
  const told: MessageFromMember[] = [];
  let answer: (message: MessageFromCollector) => void = () => undefined;
  const member = new MetricsMember('1', {
    send: (message) => void told.push(message),
    onMessage: (listener) => (answer = listener),
    onClose: () => undefined,
  });
  const totals = (): number => told.filter(({ type }) => type === 'totals').length;
  return { member, told, totals, answer: (message: MessageFromCollector) => answer(message) };
}

async function countFor(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    counter.inc();
    await vi.advanceTimersByTimeAsync(1000);
  }
}

it('tells its totals each second while somebody asks for metrics, and not for long after', async () => {
  const { member, totals, answer } = connect();
  await member.start();
  await countFor(10);
  expect(totals()).toBe(11);
  await countFor(200);
  const atRest = totals();
  expect(atRest).toBeLessThan(130);
  await countFor(50);
  expect(totals()).toBe(atRest);
  expect(vi.getTimerCount()).toBe(0);
  answer({ type: 'report', request: 1 });
  await countFor(5);
  expect(totals()).toBe(atRest + 5);
});

it('leaves no timer behind, whether or not it is answered', async () => {
  const { member, answer, told } = connect();
  await member.start();
  const collected = member.collect();
  await vi.advanceTimersByTimeAsync(0);
  answer({ type: 'collected', request: 1, reports: [] });
  expect(await collected).toEqual([]);
  const stopped = member.stop();
  await vi.advanceTimersByTimeAsync(0);
  expect(told.at(-1)).toMatchObject({ type: 'totals', isLast: true });
  answer({ type: 'noted' });
  await stopped;
  expect(vi.getTimerCount()).toBe(0);
});
