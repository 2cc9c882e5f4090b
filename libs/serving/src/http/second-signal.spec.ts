import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SecondSignal } from './second-signal.js';

let now = 0;
const codes: number[] = [];
const exit = (code: number): void => void codes.push(code);

beforeEach(() => {
  now = 1000;
  codes.length = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});
afterEach(() => void vi.restoreAllMocks());

it('a second signal ends the process, but not the same one that came twice', () => {
  const signals = new SecondSignal(exit);
  expect(signals.take('SIGINT')).toBe(true);
  now += 99;
  expect(signals.take('SIGINT')).toBe(false);
  expect(codes).toEqual([]);
  now += 1;
  expect(signals.take('SIGTERM')).toBe(false);
  expect(codes).toEqual([143]);
});

it('where the process is ending already, the first signal is the second', () => {
  const signals = new SecondSignal(exit);
  signals.begin();
  now += 500;
  expect(signals.take('SIGINT')).toBe(false);
  expect(codes).toEqual([130]);
});
