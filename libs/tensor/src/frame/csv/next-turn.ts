import { setImmediate } from 'node:timers/promises';

/** Rows that are read before others have their turn: a millisecond or a few. */
export const BLOCK_ROWS = 16 * 1024;

/** Long work is done in pieces, between which the process serves others. */
export function nextTurn(): Promise<void> {
  return setImmediate();
}
