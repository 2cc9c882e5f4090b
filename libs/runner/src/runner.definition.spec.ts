import { expect, it, vi } from 'vitest';
import { nodeRunner } from './runner.definition.js';

// On a machine of two cores the real one always gives one worker.
vi.mock('./resources/available-cores.js', () => ({ availableCores: () => 4 }));

it('a Runnable of one thread has as many workers as leave a core free, or as it is told', () => {
  const options = { module: new URL('file:///x.js'), class: 'X' };
  expect(nodeRunner('x', options).workers).toBe(3);
  expect(nodeRunner('x', { ...options, gpus: [0, 1] }).workers).toBe(2);
  expect(nodeRunner('x', { ...options, workers: 7 }).workers).toBe(7);
});
