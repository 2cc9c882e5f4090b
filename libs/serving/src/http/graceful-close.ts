import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawServerBase } from 'fastify';
import { FAREWELL_MS } from './ending.js';
import type { OpenConnections } from './open-connections.js';

/** How often a closing server looks for connections without a request, in milliseconds. */
const SWEEP_MS = 50;

/** Ends the connections of a server that is about to close. */
export class GracefulClose {
  /** Whether there were still requests, or connections without their end, when the grace period ended. */
  hasCut = false;
  private isDraining = false;
  private sweep: NodeJS.Timeout | undefined;
  private cut: NodeJS.Timeout | undefined;

  constructor(
    private readonly server: RawServerBase,
    private readonly connections: OpenConnections,
  ) {}

  /**
   * Lets clients leave, and resolves when the server may stop listening. After that, connections
   * without a request are closed, and when the grace period ends, the others too.
   */
  async begin(graceMs: number): Promise<void> {
    const { server, connections } = this;
    if (!server.listening) return;
    // Before Fastify's own listener, and only now: a hook would cost every request until then.
    server.prependListener('request', sendConnectionClose);
    connections.announceClose();
    this.sweep = setInterval(() => {
      if (this.isDraining || !server.listening) connections.closeIdle();
    }, SWEEP_MS).unref();
    this.cut = setTimeout(() => {
      this.hasCut = connections.all.size > 0 || connections.hasSessions;
      connections.closeAll();
    }, graceMs).unref();
    await sleep(Math.min(FAREWELL_MS, graceMs));
  }

  /** To be called when all connections have ended: those of other addresses may do so after the server. */
  end(): void {
    clearInterval(this.sweep);
    clearTimeout(this.cut);
  }

  /** Waits for the connections that Node's `close` does not know, since another process has accepted them. */
  async drain(): Promise<void> {
    if (!this.server.listening) return;
    this.isDraining = true;
    await this.connections.untilNone();
  }
}

function sendConnectionClose(_request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
}
