import { expect, it } from 'vitest';
import { EventLoopLag } from './event-loop-lag.js';

const MAX_MS = 100;
const INTERVAL_MS = 50;

function create() {
  let now = 1000;
  const lag = new EventLoopLag(MAX_MS, () => now);
  // Its first turn has no beginning.
  lag.turn();
  lag.turn();
  /** What is due comes so late. */
  const passLate = (ms: number): void => void (now += INTERVAL_MS + ms);
  return { lag, passLate };
}

it('is too long where two turns in a row are', () => {
  const { lag, passLate } = create();
  passLate(MAX_MS + 1);
  lag.turn();
  expect(lag.isTooLong).toBe(false);
  passLate(MAX_MS);
  expect(lag.isTooLong).toBe(false);
  passLate(1);
  expect(lag.isTooLong).toBe(true);
  lag.turn();
  expect(lag.isTooLong).toBe(false);
  passLate(MAX_MS + 1);
  expect(lag.isTooLong).toBe(true);
});

it('is not for one pause, however long, nor when it has ended', () => {
  const { lag, passLate } = create();
  passLate(10_000);
  expect(lag.isTooLong).toBe(false);
  lag.turn();
  passLate(0);
  lag.turn();
  passLate(10_000);
  expect(lag.isTooLong).toBe(false);
});
