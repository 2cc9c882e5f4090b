import { afterEach, expect, it, vi } from 'vitest';
import { SpanClock } from './span-clock.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The clocks stand still, the time of day at the end of a millisecond or at the beginning of the next. */
function stopClocks(): { wall: number } {
  const clocks = { wall: Math.floor(performance.timeOrigin + 1000) };
  vi.spyOn(performance, 'now').mockReturnValue(1000);
  vi.spyOn(Date, 'now').mockImplementation(() => clocks.wall);
  return clocks;
}

it('is the same for a moment, whatever millisecond it is asked in', () => {
  const clocks = stopClocks();
  const clock = new SpanClock();
  const first = clock.at(900);
  clocks.wall++;
  expect(clock.at(900)).toBe(first);
  expect(clock.now()).toBeCloseTo(first + 100, 2);
});

it('follows the time of day when that is set', () => {
  const clocks = stopClocks();
  const clock = new SpanClock();
  for (const stepMs of [3_600_000, -7_200_000]) {
    clocks.wall += stepMs;
    expect(clock.now()).toBeCloseTo(clocks.wall, 2);
  }
});
