import { ROOT_CONTEXT, createContextKey } from '@opentelemetry/api';
import type { Context } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { RequestContextManager } from './context-manager.js';

const KEY = createContextKey('name');
const named = (name: string): Context => ROOT_CONTEXT.setValue(KEY, name);
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function create() {
  const manager = new RequestContextManager(ROOT_CONTEXT);
  return { manager, current: () => manager.active().getValue(KEY) };
}

it('follows what a function awaits', async () => {
  const { manager, current } = create();
  const seen = ['a', 'b'].map((name) =>
    manager.with(named(name), async () => {
      await nextTurn();
      return current();
    }),
  );
  expect(await Promise.all(seen)).toEqual(['a', 'b']);
  expect(current()).toBeUndefined();
});

it('has the context of a handler that is not async until it returns, with others within it', async () => {
  const { manager, current } = create();
  let later: Promise<unknown> = Promise.resolve();
  const seen = manager.withUntilReturn(named('outer'), () => {
    const before = current();
    later = manager.with(named('inner'), async () => {
      await nextTurn();
      return current();
    });
    return [before, current()];
  });
  expect(seen).toEqual(['outer', 'outer']);
  expect(current()).toBeUndefined();
  expect(await later).toBe('inner');
});

it('ends with what is thrown, and binds functions', () => {
  const { manager, current } = create();
  const fail = (): never => {
    throw new Error('thrown');
  };
  expect(() => manager.withUntilReturn(named('a'), fail)).toThrow('thrown');
  expect(() => manager.with(named('a'), fail)).toThrow('thrown');
  expect(current()).toBeUndefined();
  expect(manager.bind(named('bound'), current)()).toBe('bound');
});

it('follows nothing of an export: the SDK marks it, and it would slow every promise of the process', async () => {
  const { manager, current } = create();
  const mark = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
  const context = named('export').setValue(mark, true);
  const [before, after] = await manager.with(context, async () => {
    const seen = current();
    await nextTurn();
    return [seen, current()];
  });
  expect([before, after]).toEqual(['export', undefined]);
});
