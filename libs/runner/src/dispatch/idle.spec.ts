import { beforeEach, describe, expect, it } from 'vitest';
import { ManualTarget, createDispatcher, vector } from './dispatcher.fixture.js';
import type { Dispatcher } from './dispatcher.js';
import { ManualClock } from './manual-clock.fixture.js';

let clock: ManualClock;
let target: ManualTarget;
let dispatcher: Dispatcher;

beforeEach(() => {
  clock = new ManualClock();
  target = new ManualTarget();
  dispatcher = createDispatcher(clock, {});
});

/** Whether the dispatcher has said that it is idle, by now. */
function watch(timeoutMs = 1000): { readonly isIdle: boolean } {
  const seen = { isIdle: false };
  void dispatcher.idle(timeoutMs).then(() => (seen.isIdle = true));
  return seen;
}

describe('a dispatcher that is to be idle', () => {
  it('is so at once where there are no calls', async () => {
    const seen = watch();
    await clock.turn();
    expect(seen.isIdle).toBe(true);
  });

  it('is so when the last batch has ended', async () => {
    dispatcher.attach(target);
    const call = dispatcher.call('predict', [vector(1)]);
    await clock.turn();
    const seen = watch();
    await clock.turn();
    expect(seen.isIdle).toBe(false);
    await target.finish();
    await call;
    await clock.turn();
    expect(seen.isIdle).toBe(true);
  });

  it('is so when the last call that waits was given up', async () => {
    const leaving = new AbortController();
    const call = dispatcher.call('predict', [vector(1)], { signal: leaving.signal });
    const seen = watch();
    await clock.turn();
    expect(seen.isIdle).toBe(false);
    leaving.abort();
    await expect(call).rejects.toMatchObject({ code: 'CALL_ABORTED' });
    await clock.turn();
    expect(seen.isIdle).toBe(true);
  });

  it('is so when the last call that runs was given up, though it may go on running', async () => {
    dispatcher.attach(target);
    const leaving = new AbortController();
    const call = dispatcher.call('predict', [vector(1)], { signal: leaving.signal });
    await clock.turn();
    const seen = watch();
    leaving.abort();
    await expect(call).rejects.toMatchObject({ code: 'CALL_ABORTED' });
    await clock.turn();
    expect(seen.isIdle).toBe(true);
    expect(dispatcher.busy).toBe(1);
  });

  it('is waited for no longer than asked', async () => {
    void dispatcher.call('predict', [vector(1)]).catch(() => undefined);
    const seen = watch(500);
    await clock.advance(499);
    expect(seen.isIdle).toBe(false);
    await clock.advance(1);
    expect(seen.isIdle).toBe(true);
  });
});
