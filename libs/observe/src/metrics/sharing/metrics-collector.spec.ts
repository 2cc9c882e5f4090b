import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { decodeMetrics, encodeMetrics } from '../exposition/collected-metric.js';
import type { CollectedMetric } from '../exposition/collected-metric.js';
import { mergeReports } from '../exposition/merge-reports.js';
import { MetricsCollector } from './metrics-collector.js';
import type { MessageFromCollector, MessageFromMember } from './metrics.messages.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const metric = (name: string, value: number, type: CollectedMetric['type'] = 'counter') => ({
  name,
  help: 'a help',
  type,
  aggregator: 'sum',
  values: [{ value, labels: {} }],
});

/** The other end of a channel: a process of which the test says what it tells. */
class Process {
  readonly received: MessageFromCollector[] = [];
  private listener: ((message: MessageFromMember) => void) | undefined;
  private whenClosed: (() => void) | undefined;

  constructor(
    collector: MetricsCollector,
    readonly name: string,
    count: number,
  ) {
    collector.connect({
      send: (message) => void this.received.push(message),
      onMessage: (listener) => (this.listener = listener),
      onClose: (listener) => (this.whenClosed = listener),
    });
    this.tellTotals(count);
  }

  tellTotals(count: number, isLast = false): void {
    const metrics = encodeMetrics([metric('calls_total', count)]);
    this.listener?.({ type: 'totals', process: this.name, metrics, isLast });
  }

  report(count: number): void {
    const asked = this.received.findLast((message) => message.type === 'report');
    if (asked === undefined) throw new Error('Expected a question, got none.');
    const metrics = [metric('calls_total', count), metric('items', count, 'gauge')];
    this.listener?.({
      type: 'report',
      request: asked.request,
      metrics: encodeMetrics(metrics),
    });
  }

  die(): void {
    this.whenClosed?.();
  }

  async ask(count: number): Promise<void> {
    const metrics = [metric('calls_total', count), metric('items', count, 'gauge')];
    this.listener?.({ type: 'collect', request: 1, metrics: encodeMetrics(metrics) });
    await vi.advanceTimersByTimeAsync(0);
  }

  /** What the collector answered last. */
  get collected(): Record<string, number> | undefined {
    const answer = this.received.findLast((message) => message.type === 'collected');
    if (answer === undefined) return undefined;
    const reports = answer.reports.map(({ process, metrics }) => ({
      process,
      metrics: decodeMetrics(metrics),
    }));
    const shared = mergeReports(reports).filter(({ name }) => !/^(?:process|nodejs)_/.test(name));
    return Object.fromEntries(shared.map(({ name, values }) => [name, values[0].value]));
  }
}

function start(): [Process, Process, Process] {
  const collector = new MetricsCollector();
  return [1, 2, 3].map((count) => new Process(collector, String(count), count)) as [
    Process,
    Process,
    Process,
  ];
}

it('answers when all have reported', async () => {
  const [asker, second, third] = start();
  await asker.ask(10);
  second.report(20);
  expect(asker.collected).toBeUndefined();
  third.report(30);
  await vi.advanceTimersByTimeAsync(0);
  expect(asker.collected).toEqual({ calls_total: 60, items: 60 });
  // Nothing waits for those who have reported.
  expect(vi.getTimerCount()).toBe(0);
});

it('of one that is silent, its totals count that it told last, and no gauge', async () => {
  const [asker, second, third] = start();
  await asker.ask(10);
  second.report(20);
  third.tellTotals(31);
  await vi.advanceTimersByTimeAsync(999);
  expect(asker.collected).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(asker.collected).toEqual({ calls_total: 61, items: 30 });
});

it('one that dies after it has reported counts once, and goes on counting', async () => {
  const [asker, second, third] = start();
  await asker.ask(10);
  second.report(20);
  second.die();
  third.report(30);
  await vi.advanceTimersByTimeAsync(0);
  expect(asker.collected).toEqual({ calls_total: 60, items: 40 });
  await asker.ask(10);
  third.die();
  await vi.advanceTimersByTimeAsync(0);
  expect(asker.collected).toEqual({ calls_total: 60, items: 10 });
});

it('one that ends is told when its last totals are kept', () => {
  const [, second] = start();
  second.tellTotals(25, true);
  expect(second.received).toEqual([{ type: 'noted' }]);
});

it('numbers that JSON has not come over', () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, 1].map((value) => metric('a', value));
  expect(decodeMetrics(encodeMetrics(values)).map((each) => each.values[0].value)).toEqual([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1,
  ]);
});
