import { Logger } from '@nestjs/common';
import type { RawServerBase } from 'fastify';
import { ENDING_SIGNALS } from './ending.js';
import { SecondSignal } from './second-signal.js';

type EndingSignal = (typeof ENDING_SIGNALS)[number];

/**
 * The time in which a server that is to end goes on as before, so that load balancers notice. Nest tells
 * no signal yet then, nor while `onModuleDestroy` runs; it is noted here, so that a second one is known.
 */
export class PreStop {
  readonly signals = new SecondSignal();
  private readonly logger = new Logger('Shutdown');
  private isClosing = false;
  /** What came just now: Nest closes in the same turn of the event loop, if it does. */
  private latest: EndingSignal | undefined;
  private endedBy: EndingSignal | undefined;

  constructor(
    private readonly server: RawServerBase,
    private readonly delayMs: number,
  ) {
    server.on('listening', this.listen);
  }

  /**
   * A second signal ends the process at once. Where none is listened to, nothing is waited for.
   *
   * @returns the signal that ends the server, of which its taker then listens to a second one; undefined
   * where it closes for another reason.
   */
  async wait(): Promise<EndingSignal | undefined> {
    const { server, delayMs } = this;
    this.isClosing = true;
    this.endedBy = this.latest;
    if (this.endedBy !== undefined) this.signals.begin();
    if (delayMs > 0 && server.listening) {
      this.logger.log(`Closing in ${delayMs} ms (preStopDelayMs).`);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
    if (this.endedBy !== undefined) this.forget();
    return this.endedBy;
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

  private readonly onSignal = (signal: EndingSignal): void => {
    if (this.isClosing) {
      this.endedBy ??= signal;
      this.signals.take(signal);
      return;
    }
    // One that closes nothing, such as an application's own SIGHUP, is forgotten.
    this.latest = signal;
    setImmediate(() => (this.latest = undefined));
  };
}
