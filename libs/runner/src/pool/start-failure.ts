import { RunnerStartError } from '../runner.errors.js';

/** `how` it died, where that is known. */
export function diedReady(runner: string, how?: string): RunnerStartError {
  const tail = how === undefined ? '' : `: ${how}`;
  return new RunnerStartError(runner, `its worker died when it was ready${tail}.`);
}

export function toStartError(runner: string, reason: RunnerStartError | string): RunnerStartError {
  return reason instanceof RunnerStartError ? reason : new RunnerStartError(runner, `${reason}.`);
}
