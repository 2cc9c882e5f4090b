import { expect, it } from 'vitest';
import { RespawnPolicy } from './respawn-policy.js';

it('waits longer after each failure, from 0.1 to 5 s, and is failed after five in 60 s', () => {
  const policy = new RespawnPolicy();
  const decisions = [0, 1, 2, 3, 4].map((i) => policy.afterDeath(i * 1000, {}));
  expect(decisions.map(({ delayMs }) => delayMs)).toEqual([100, 400, 1_600, 5_000, 30_000]);
  expect(decisions.map(({ failed }) => failed)).toEqual([false, false, false, false, true]);
});

it('forgets failures after 60 s', () => {
  const policy = new RespawnPolicy();
  for (let i = 0; i < 4; i++) policy.afterDeath(i, {});
  expect(policy.afterDeath(60_004, {})).toEqual({ delayMs: 100, failed: false });
});

it.each([
  ['had answered', { readyAt: 0, hasAnswered: true }],
  ['had been ready for 5 s', { readyAt: -5000, hasAnswered: false }],
])('replaces one that %s at once, however often', (_, life) => {
  const policy = new RespawnPolicy();
  for (let i = 0; i < 20; i++) {
    expect(policy.afterDeath(i, life)).toEqual({ delayMs: 100, failed: false });
  }
});

it('takes the death of one that was ready a moment ago for a failure', () => {
  const policy = new RespawnPolicy();
  const decisions = [0, 1, 2, 3, 4].map((i) =>
    policy.afterDeath(i * 6000, { readyAt: i * 6000 - 4999, hasAnswered: false }),
  );
  expect(decisions.map(({ delayMs }) => delayMs)).toEqual([100, 400, 1_600, 5_000, 30_000]);
});
