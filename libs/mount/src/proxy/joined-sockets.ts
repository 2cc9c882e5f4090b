import type { Duplex } from 'node:stream';
import type { UpgradeHandler } from '../mounting/mounted-app.js';

/** Time for what the application wrote last, in milliseconds. */
const FAREWELL_MS = 1000;

/** The connections that an application has taken from HTTP. */
export class JoinedSockets {
  private readonly sockets = new Set<Duplex>();

  /** The handler whose connection is one of them. */
  joining(handler: UpgradeHandler): UpgradeHandler {
    return (request, socket, head) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      handler(request, socket, head);
    };
  }

  /**
   * To be called when the application has died: ends those that have not ended by themselves. Where a client
   * does not read, nothing is read of the application either, and so its end is not seen.
   */
  breakOff(): void {
    const lost = [...this.sockets];
    setTimeout(() => {
      for (const socket of lost) socket.destroy();
    }, FAREWELL_MS).unref();
  }
}
