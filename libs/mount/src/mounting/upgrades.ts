import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { UpgradeHandler } from './mounted-app.js';
import { watchStatus } from './watch-status.js';

const UPGRADE = Symbol('bentonest.mount-upgrade');

type UpgradeRequest = IncomingMessage & { [UPGRADE]?: Upgrade };

/** Headers of one connection that ask for an upgrade, or belong to such. */
const UPGRADE_HEADERS = new Set(['upgrade', 'connection', 'http2-settings']);

/** Time for what is written last, in milliseconds. */
const FAREWELL_MS = 1000;

/** A connection whose client wants another protocol. */
export class Upgrade {
  constructor(
    private readonly socket: Socket,
    private readonly head: Buffer,
    private readonly owner: { readonly others: readonly UpgradeHandler[]; keep: KeepSocket },
  ) {}

  /** Gives the connection to a handler, which goes on from an answer's head (101) that is out. */
  accept(handler: UpgradeHandler, response: ServerResponse): void {
    this.leaveHttp(handler, response);
    this.owner.keep(this.socket);
  }

  /** Gives it to a handler that answers by itself; `onStatus` is told how. */
  handOver(
    handler: UpgradeHandler,
    response: ServerResponse,
    onStatus: (statusCode: number) => void,
  ): void {
    const stop = watchStatus(this.socket, onStatus);
    try {
      this.accept(handler, response);
    } catch (error) {
      stop();
      throw error;
    }
  }

  /** Hands it over to who listened before the mounts, such as Nest's gateways; false if nobody did. */
  passOn(response: ServerResponse): boolean {
    const { others } = this.owner;
    if (others.length === 0) return false;
    this.leaveHttp((...upgrade) => {
      for (const other of others) other(...upgrade);
    }, response);
    return true;
  }

  private leaveHttp(handler: UpgradeHandler, response: ServerResponse): void {
    const { socket, head } = this;
    response.detachSocket(socket);
    try {
      handler(response.req, socket, head);
    } catch (error) {
      // For the answer that says so.
      if (!socket.destroyed) response.assignSocket(socket);
      throw error;
    }
  }
}

type KeepSocket = (socket: Socket) => void;

/** The upgrade that a request is for, if it is for one. */
export function upgradeOf(request: IncomingMessage): Upgrade | undefined {
  return (request as UpgradeRequest)[UPGRADE];
}

/**
 * Sends requests for an upgrade the way of all others, so that the middleware in front of a mount
 * guards its sockets, too, and what nobody takes gets the answer that a request would get.
 */
export class Upgrades {
  private readonly others: readonly UpgradeHandler[];
  private readonly accepted = new Set<Socket>();
  private isEnding = false;

  constructor(private readonly fastify: FastifyInstance) {
    const { server } = fastify;
    this.others = server.listeners('upgrade') as UpgradeHandler[];
    server.removeAllListeners('upgrade');
    server.on('upgrade', this.dispatch);
  }

  /** Ends those that were accepted, and from now on each that is. */
  end(): void {
    this.isEnding = true;
    for (const socket of this.accepted) endSocket(socket);
  }

  private readonly dispatch = (request: UpgradeRequest, socket: Socket, head: Buffer): void => {
    const { fastify, others, keep } = this;
    if (!isWebSocket(request)) {
      serveWithoutUpgrade(fastify, request, [socket, head]);
      return;
    }
    request[UPGRADE] = new Upgrade(socket, head, { others, keep });
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    // What came behind the request is never read: it may be anything.
    response.once('finish', () => socket.destroySoon());
    // Node has taken its own listener away: a connection that is reset would end the process.
    socket.on('error', () => socket.destroy());
    fastify.routing(request, response);
  };

  private readonly keep: KeepSocket = (socket) => {
    if (socket.destroyed) return;
    if (this.isEnding) {
      endSocket(socket);
      return;
    }
    this.accepted.add(socket);
    socket.once('close', () => this.accepted.delete(socket));
  };
}

/** A GET without a body (RFC 6455, 4.1): with one, nobody could tell where the other protocol begins. */
function isWebSocket({ method, headers }: IncomingMessage): boolean {
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
  return method === 'GET' && !hasBody && headers.upgrade?.toLowerCase() === 'websocket';
}

function endSocket(socket: Socket): void {
  socket.destroySoon();
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
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
