import { constants } from 'node:os';
import { Logger } from '@nestjs/common';
import type { ENDING_SIGNALS } from './ending.js';

/**
 * One press of Ctrl-C may reach the process twice, from the terminal and from npm. What comes within
 * this time, in milliseconds, is the same request to end.
 */
const SAME_SIGNAL_MS = 100;

type EndingSignal = (typeof ENDING_SIGNALS)[number];

/** Ends the process at once when it is asked to end a second time, with the signal's exit code. */
export class SecondSignal {
  private firstAt: number | undefined;

  /** @param exit what ends the process. */
  constructor(private readonly exit: (code: number) => void = (code) => process.exit(code)) {}

  /** The process is ending, by a signal that somebody else took or for another reason. */
  begin(): void {
    this.firstAt ??= performance.now();
  }

  /** @returns whether this is the first. */
  take(signal: EndingSignal): boolean {
    const { firstAt } = this;
    this.begin();
    if (firstAt === undefined) return true;
    if (performance.now() - firstAt >= SAME_SIGNAL_MS) {
      new Logger('Shutdown').warn(
        `${signal} while closing: the process ends without waiting any longer.`,
      );
      this.exit(128 + constants.signals[signal]);
    }
    return false;
  }
}
