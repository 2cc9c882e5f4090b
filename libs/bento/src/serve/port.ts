import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { ListenError } from './serve.errors.js';
import type { ResolvedServeOptions } from './serve.options.js';

export type ListenAddress = Pick<ResolvedServeOptions, 'host' | 'port' | 'backlog'>;

/** Where operators are let in. */
export function adminAddressOf({ admin, backlog }: ResolvedServeOptions): ListenAddress {
  return { host: admin?.host ?? 'localhost', port: admin?.port ?? 0, backlog };
}

/** @throws ListenError */
export function listen<Listening extends Server>(
  server: Listening,
  { host, port, backlog }: ListenAddress,
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(new ListenError(host, port, cause));
    server.once('error', fail);
    server.listen({ host, port, backlog }, () => {
      server.off('error', fail);
      resolve(server);
    });
  });
}

/**
 * Listens, before anything else is started: a port that is taken costs nobody a worker. Connections
 * are left unread, for other processes to read.
 *
 * @throws ListenError
 */
export function bindPort(address: ListenAddress): Promise<Server> {
  // Set on the connection itself, it holds in the process that gets it.
  return listen(createServer({ pauseOnConnect: true, noDelay: true }), address);
}

/** @throws ListenError when the port is not to be had. */
export async function checkPort(address: ListenAddress): Promise<void> {
  const server = await bindPort(address);
  await new Promise((resolve) => server.close(resolve));
}
