import { expect, it } from 'vitest';
import { RespawnPolicy } from './respawn-policy.js';

it('waits longer after each failure, from 0.1 to 5 s, and is failed after five in 60 s', () => {
  const policy = new RespawnPolicy();
  const decisions = [0, 1, 2, 3, 4].map((i) => policy.afterDeath(i * 1000, false));
  expect(decisions.map(({ delayMs }) => delayMs)).toEqual([100, 400, 1_600, 5_000, 30_000]);
  expect(decisions.map(({ failed }) => failed)).toEqual([false, false, false, false, true]);
});

it('forgets failures after 60 s', () => {
  const policy = new RespawnPolicy();
  for (let i = 0; i < 4; i++) policy.afterDeath(i, false);
  expect(policy.afterDeath(60_004, false)).toEqual({ delayMs: 100, failed: false });
});

it('replaces a worker that had served at once, however often', () => {
  const policy = new RespawnPolicy();
  for (let i = 0; i < 20; i++) {
    expect(policy.afterDeath(i, true)).toEqual({ delayMs: 100, failed: false });
  }
});
