import { Logger } from '@nestjs/common';
import type { RawServerBase } from 'fastify';
import { ENDING_SIGNALS } from './ending.js';
import { SecondSignal } from './second-signal.js';

/**
 * The time in which a server that is to end goes on as before, so that load balancers notice. Nest tells
 * no signal yet then; it is noted here, so that a second one is known.
 */
export class PreStop {
  private readonly logger = new Logger('Shutdown');
  private readonly signals = new SecondSignal();

  constructor(
    private readonly server: RawServerBase,
    private readonly delayMs: number,
  ) {
    if (delayMs > 0) server.on('listening', this.listen);
  }

  /** A second signal ends the process at once. Where none is listened to, nothing is waited for. */
  async wait(): Promise<void> {
    const { server, delayMs } = this;
    if (delayMs === 0 || !server.listening) return;
    this.logger.log(`Closing in ${delayMs} ms (preStopDelayMs).`);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    this.forget();
  }

  /** Where nobody else listens to a signal it ends the process, which a listener of ours would prevent. */
  private readonly listen = (): void => {
    for (const signal of ENDING_SIGNALS) {
      if (process.listenerCount(signal) > 0) process.on(signal, this.onSignal);
    }
    this.server.once('close', this.forget);
  };

  private readonly forget = (): void => {
    for (const signal of ENDING_SIGNALS) process.off(signal, this.onSignal);
  };

  private readonly onSignal = (signal: (typeof ENDING_SIGNALS)[number]): void => {
    this.signals.take(signal);
  };
}
