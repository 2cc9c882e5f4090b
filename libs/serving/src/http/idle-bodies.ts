import type { IncomingMessage } from 'node:http';
import type { RawServerBase } from 'fastify';
import type { HttpSocket, OpenConnections } from './open-connections.js';

/** How often connections are looked at, in milliseconds. */
const CHECK_MS = 1000;

interface Seen {
  readonly bytes: number;
  readonly since: number;
}

/** Node bounds the time of a whole request only: a client that has stopped is let go sooner. */
export class IdleBodies {
  private readonly seen = new WeakMap<HttpSocket, Seen>();

  constructor(
    private readonly server: RawServerBase,
    private readonly connections: OpenConnections,
    private readonly idleMs: number,
  ) {}

  /** Looks for as long as the server has connections. */
  watch(): void {
    const { server, idleMs } = this;
    if (idleMs === 0) return;
    server.on('listening', () => {
      const every = Math.min(CHECK_MS, idleMs / 2);
      const timer = setInterval(() => this.look(performance.now()), every).unref();
      server.once('close', () => clearInterval(timer));
    });
  }

  /** @param now on the clock of performance.now(). */
  look(now: number): void {
    for (const socket of this.connections.all) {
      const { _httpMessage: response, parser } = socket;
      const request = response?.req;
      // A connection that speaks another protocol by now has no parser.
      if (request === undefined || !parser || !isAwaited(request)) {
        this.seen.delete(socket);
        continue;
      }
      const { bytesRead: bytes } = socket;
      const before = this.seen.get(socket);
      if (before?.bytes !== bytes) this.seen.set(socket, { bytes, since: now });
      else if (now - before.since >= this.idleMs)
        this.server.emit('clientError', timeout(), socket);
    }
  }
}

/** A body that we do not read fast enough is no fault of its client's. */
function isAwaited({ complete, readableLength, destroyed }: IncomingMessage): boolean {
  return !complete && !destroyed && readableLength === 0;
}

/** As Node raises it itself for a request that is late. */
function timeout(): Error {
  return Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
}
