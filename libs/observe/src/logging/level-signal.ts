import { Inject, Injectable, Optional } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { RUNNER_SHARING } from 'bentonest/runner';
import type { RunnerSharing } from 'bentonest/runner';
import { BentoLogger } from './bento-logger.js';
import { LogLevel } from './log-level.js';

const SIGNAL = 'SIGUSR2';

/**
 * SIGUSR2 changes the level to debug, and back. Where it has another meaning already, it keeps that:
 * for Nest's `enableShutdownHooks()` without a list of signals it means to end.
 */
@Injectable()
export class LevelSignal implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly level: LogLevel,
    private readonly logger: BentoLogger,
    @Optional() @Inject(RUNNER_SHARING) private readonly sharing?: RunnerSharing,
  ) {}

  onApplicationBootstrap(): void {
    if (this.logger.isInUse) this.listen();
  }

  /** For an application that gets its logger when it has been initialised already. */
  listen(): void {
    const isTaken = process.listenerCount(SIGNAL) > 0 || process.platform === 'win32';
    if (!isTaken) process.on(SIGNAL, this.toggle);
  }

  onApplicationShutdown(): void {
    process.off(SIGNAL, this.toggle);
  }

  private readonly toggle = (): void => {
    // Of several processes the first one is asked, and tells the others.
    if (this.sharing?.role === 'caller') return;
    this.level.toggleDebug();
    this.logger.pino[this.level.includes('info') ? 'info' : 'warn'](
      { context: 'Log' },
      `The log's level is now ${this.level.current} (${SIGNAL}).`,
    );
  };
}
