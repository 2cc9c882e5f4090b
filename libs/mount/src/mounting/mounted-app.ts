import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Passes the request on to what comes after the application, or an error to the error filters. */
export type Next = (error?: unknown) => void;

/** Takes a connection that is to speak another protocol, such as WebSocket. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => unknown;

/** Whether an application takes requests. */
export interface MountReadiness {
  readonly name: string;
  readonly isReady: () => boolean;
  /** Why it does not, where that is known, in words that everybody may read. */
  readonly reason: () => string | undefined;
}

/** An application as the server around it sees it: paths begin below the mount's own. */
export interface MountedApp {
  /** What it throws or rejects with, before it has answered, is answered by the error filters. */
  handle(request: IncomingMessage, response: ServerResponse, next: Next): unknown;
  /** Without it and `negotiate`, a request for an upgrade is one as any other. */
  upgrade?: UpgradeHandler | undefined;
  /** It runs in this process, where spans that it makes have the mount's as their parent. */
  isHere?: boolean;
  /** Of an application in a process of its own. */
  readiness?: MountReadiness;
  /**
   * Answers a request for an upgrade, as `handle` does, or calls `accept` when the answer's head is out:
   * then the connection is the handler's.
   */
  negotiate?:
    | ((
        request: IncomingMessage,
        response: ServerResponse,
        accept: (handler: UpgradeHandler) => void,
      ) => unknown)
    | undefined;
  /**
   * Its OpenAPI document, as plain JSON; undefined where it has none. It is told the path that it is mounted
   * at, '' for the root. What it rejects with is logged, and the server's document is without it.
   */
  describe?: ((prefix: string) => Promise<unknown>) | undefined;
  /** Called when the server has answered its last request. */
  close?(): Promise<void>;
}
