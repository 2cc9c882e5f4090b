import { expect, it, vi } from 'vitest';
import { nodeRunner, overrideOptions } from './runner.definition.js';

// On a machine of two cores the real one always gives one worker.
vi.mock('./resources/available-cores.js', () => ({ availableCores: () => 4 }));

it('a Runnable of one thread has as many workers as leave a core free, or as it is told', () => {
  const options = { module: new URL('file:///x.js'), class: 'X' };
  expect(nodeRunner('x', options).workers).toBe(3);
  expect(nodeRunner('x', { ...options, gpus: [0, 1] }).workers).toBe(2);
  expect(nodeRunner('x', { ...options, workers: 7 }).workers).toBe(7);
});

it.each(['python', 'requirements', 'env'] as const)(
  'has no %s to be set from outside',
  (option) => {
    const runner = nodeRunner('x', { module: new URL('file:///x.js'), class: 'X' });
    const value = option === 'env' ? {} : 'python3';
    expect(() => overrideOptions(runner, { [option]: value })).toThrow(
      `Runner "x" has no worker in Python. Remove ${option} of runners.x from the configuration.`,
    );
  },
);
