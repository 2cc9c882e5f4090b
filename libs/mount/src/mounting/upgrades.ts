import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { UpgradeHandler } from './mounted-app.js';

const UPGRADE = Symbol('bentonest.mount-upgrade');

type UpgradeRequest = IncomingMessage & { [UPGRADE]?: Upgrade };

/** Headers of one connection that ask for an upgrade, or belong to such. */
const UPGRADE_HEADERS = new Set(['upgrade', 'connection', 'http2-settings']);

/** A connection whose client wants another protocol. */
export class Upgrade {
  constructor(
    private readonly socket: Socket,
    private readonly head: Buffer,
    private readonly others: readonly UpgradeHandler[],
  ) {}

  /** Hands the connection over. */
  accept(handler: UpgradeHandler, request: IncomingMessage, response: ServerResponse): void {
    const { socket, head } = this;
    response.detachSocket(socket);
    try {
      handler(request, socket, head);
    } catch (error) {
      // For the answer that says so.
      if (!socket.destroyed) response.assignSocket(socket);
      throw error;
    }
  }

  /** Hands it over to who listened before the mounts, such as Nest's gateways; false if nobody did. */
  passOn(response: ServerResponse): boolean {
    if (this.others.length === 0) return false;
    this.accept(
      (request, socket, head) => {
        for (const other of this.others) other(request, socket, head);
      },
      response.req,
      response,
    );
    return true;
  }
}

/** The upgrade that a request is for, if it is for one. */
export function upgradeOf(request: IncomingMessage): Upgrade | undefined {
  return (request as UpgradeRequest)[UPGRADE];
}

/**
 * Sends requests for an upgrade the way of all others, so that the middleware in front of a mount
 * guards its sockets, too, and what nobody takes gets the answer that a request would get.
 */
export function dispatchUpgrades(fastify: FastifyInstance): void {
  const { server } = fastify;
  const others = server.listeners('upgrade') as UpgradeHandler[];
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: UpgradeRequest, socket: Socket, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      serveWithoutUpgrade(fastify, request, [socket, head]);
      return;
    }
    request[UPGRADE] = new Upgrade(socket, head, others);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.end());
    // Node has taken its own listener away: a connection that is reset would end the process.
    socket.on('error', () => socket.destroy());
    fastify.routing(request, response);
  });
}

/**
 * A server may ignore the wish, as RFC 9110 (7.8) has it: Java's client asks for h2c with every request.
 * Node has stopped reading behind the headers by now, so that it gets the request once more, without it.
 */
function serveWithoutUpgrade(
  { server }: FastifyInstance,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  [socket, head]: readonly [Socket, Buffer],
): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!UPGRADE_HEADERS.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit(server instanceof SecureServer ? 'secureConnection' : 'connection', socket);
}
