import { Logger } from '@nestjs/common';
import { ENDING_SIGNALS, LAST_HOOKS_MS } from './ending.js';
import { SecondSignal } from './second-signal.js';

/**
 * From now on a second signal ends the process at once, and the end of the grace period does when hooks have had
 * a last time: with an exit code that is not 0. The workers end by themselves, as they do whenever their
 * parent is gone.
 *
 * @param signal what Nest received; nothing is done when nobody listens to it, since the process is
 * not about to end then.
 * @param signals what has seen the signal, where somebody has.
 * @returns what takes it back.
 */
export function forceExitAfter(
  graceMs: number,
  signal: string,
  signals = new SecondSignal(),
): () => void {
  if (process.listenerCount(signal) === 0) return () => undefined;
  signals.begin();
  let isLate = false;
  let timer: NodeJS.Timeout;
  const disarm = (): void => {
    for (const name of ENDING_SIGNALS) process.removeListener(name, onSignal);
    clearTimeout(timer);
  };
  const onSignal = (again: (typeof ENDING_SIGNALS)[number]): void => {
    if (process.listenerCount(again) === 1) {
      // Nest has finished and raises the signal again, for its default: to end the process.
      disarm();
      if (isLate) process.exit(1);
      process.kill(process.pid, again);
    } else {
      signals.take(again);
    }
  };
  timer = setTimeout(() => {
    // Nest listens until its shutdown has ended: this process then goes on for reasons of its own.
    if (process.listenerCount(signal) === 1) {
      disarm();
      return;
    }
    isLate = true;
    new Logger('Shutdown').error(describeLate(graceMs));
    // Nest, which ends the process when all hooks have run, knows nothing of what was cut off.
    process.once('exit', () => (process.exitCode ||= 1));
    timer = setTimeout(() => process.exit(1), LAST_HOOKS_MS).unref();
  }, graceMs).unref();
  for (const name of ENDING_SIGNALS) process.on(name, onSignal);
  return disarm;
}

/** What is said when the grace period has ended. */
export function describeLate(graceMs: number): string {
  return `Not closed within ${graceMs} ms: the process ends with what is unfinished.`;
}
