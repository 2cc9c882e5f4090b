import { expect, it, onTestFinished, vi } from 'vitest';
import { meetBounds } from './bounds.js';

it('is content with one attempt of three, and with none less', async () => {
  const told = vi.spyOn(console, 'info').mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
  const values = [9, 7, 3, 1];
  const measure = async (): Promise<readonly [{ name: string; value: number; atMost: number }]> => [
    { name: 'ms', value: values.shift() ?? Number.NaN, atMost: 5 },
  ];
  await meetBounds(measure);
  expect(told.mock.calls.flat()).toEqual([
    'attempt 1: ms 9.00 (bound 5.00)',
    'attempt 2: ms 7.00 (bound 5.00)',
    'attempt 3: ms 3.00 (bound 5.00)',
  ]);
  const late = [9, 9, 9, 1];
  const never = meetBounds(async () => [{ name: 'ms', value: late.shift() ?? 0, atMost: 5 }]);
  await expect(never).rejects.toThrow('ms 9.00 (bound 5.00)');
  const nothing = meetBounds(async () => [{ name: 'ms', value: Number.NaN, atMost: 5 }]);
  await expect(nothing).rejects.toThrow('ms NaN (bound 5.00)');
});
