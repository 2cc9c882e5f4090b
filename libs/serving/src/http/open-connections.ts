import { Server } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { ServerResponse } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { RawServerBase } from 'fastify';

/**
 * What Node keeps at a connection, and asks itself in `closeIdleConnections`. Only HTTP/1 has a
 * parser, and an upgraded connection has none any more: both are left to their owners.
 */
export interface HttpSocket extends Socket {
  readonly parser?: object | null;
  readonly _httpMessage?: ServerResponse | null;
}

/**
 * The connections of a server. Node closes those between two requests, but takes one that never sent
 * a request for a busy one, and looks for late requests only until the server closes.
 */
export class OpenConnections {
  private readonly sockets = new Set<HttpSocket>();
  /** Of HTTP/2. */
  private readonly sessions = new Set<ServerHttp2Session>();
  private onNone: (() => void) | undefined;
  private idleBefore: ReadonlySet<HttpSocket> = new Set();

  constructor(private readonly server: RawServerBase) {
    // Of TLS the decrypted connection: it is the one that requests come by.
    const event = server instanceof TlsServer ? 'secureConnection' : 'connection';
    server.on(event, (socket: Socket) => {
      // One that Node was handed anew, such as after an upgrade that nobody wanted, comes again.
      if (this.sockets.has(socket)) return;
      this.sockets.add(socket);
      socket.once('close', () => {
        this.sockets.delete(socket);
        if (this.sockets.size === 0) this.onNone?.();
      });
    });
    server.on('session', (session: ServerHttp2Session) => {
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
    });
  }

  get all(): ReadonlySet<HttpSocket> {
    return this.sockets;
  }

  async untilNone(): Promise<void> {
    if (this.sockets.size > 0) await new Promise<void>((resolve) => (this.onNone = resolve));
  }

  /** Those of HTTP/2. */
  get hasSessions(): boolean {
    return this.sessions.size > 0;
  }

  /** The answers that are not on their way yet will tell their clients to leave; HTTP/2 tells them at once. */
  announceClose(): void {
    this.closeSessions();
    for (const { _httpMessage: response } of this.sockets) {
      if (response) response.shouldKeepAlive = false;
    }
  }

  /**
   * Closes the connections without a request that were so at the last call too: in between, what
   * the system had received already was read.
   */
  closeIdle(): void {
    this.closeSessions();
    const idle = new Set([...this.sockets].filter((socket) => isIdle(socket)));
    for (const socket of idle) if (this.idleBefore.has(socket)) socket.destroy();
    this.idleBefore = idle;
  }

  closeAll(): void {
    const { server } = this;
    if (server instanceof Server || server instanceof SecureServer) server.closeAllConnections();
    for (const session of this.sessions) session.destroy();
    for (const socket of this.sockets) socket.destroy();
  }

  /** Each ends when its last request has been answered. */
  private closeSessions(): void {
    for (const session of this.sessions) session.close();
  }
}

function isIdle({ parser, _httpMessage: response, writableLength }: HttpSocket): boolean {
  return Boolean(parser) && !response && writableLength === 0;
}
