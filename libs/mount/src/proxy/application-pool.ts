import { buildConnector, Client, Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { HeldConnection } from './held-connection.js';
import type { HoldingOptions } from './held-connection.js';

/**
 * Connections with an application at a socket, as many as there are requests. What times out is ours to say.
 *
 * @param idleMs after which an idle connection is closed
 */
export function openPool(socketPath: string, idleMs: number): Pool {
  // Half open: an end that is held back ends nothing by itself.
  const target = { path: socketPath, allowHalfOpen: true };
  const connect = buildConnector(target);
  return new Pool('http://localhost', {
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: idleMs,
    factory: (origin, options) => new HoldingClient(origin, options, connect),
  });
}

/** One connection at a time, whose end waits while its answer does. */
class HoldingClient extends Client {
  connection: HeldConnection | undefined;

  constructor(origin: URL, options: Client.Options, connect: buildConnector.connector) {
    super(origin, {
      ...options,
      connect: (target, callback) =>
        connect(target, (...result) => {
          const [, socket] = result;
          this.connection = socket === null ? undefined : new HeldConnection(socket);
          callback(...result);
        }),
    });
  }

  override dispatch(
    options: Dispatcher.DispatchOptions & HoldingOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    options.onClient?.(this);
    return super.dispatch(options, handler);
  }
}
