import { RunnerStartError } from '../runner.errors.js';

export function diedReady(runner: string): RunnerStartError {
  return new RunnerStartError(runner, 'its worker died when it was ready.');
}

export function toStartError(runner: string, reason: RunnerStartError | string): RunnerStartError {
  return reason instanceof RunnerStartError ? reason : new RunnerStartError(runner, `${reason}.`);
}
