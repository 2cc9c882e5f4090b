import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { ListenError } from './serve.errors.js';
import type { ResolvedServeOptions } from './serve.options.js';

type Address = Pick<ResolvedServeOptions, 'host' | 'port' | 'backlog'>;

/**
 * Listens, before anything else is started: a port that is taken costs nobody a worker. Connections
 * are left unread, for other processes to read.
 *
 * @throws ListenError
 */
export function bindPort({ host, port, backlog }: Address): Promise<Server> {
  // Set on the connection itself, it holds in the process that gets it.
  const server = createServer({ pauseOnConnect: true, noDelay: true });
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(new ListenError(host, port, cause));
    server.once('error', fail);
    server.listen({ host, port, backlog }, () => {
      server.off('error', fail);
      resolve(server);
    });
  });
}

/** @throws ListenError when the port is not to be had. */
export async function checkPort(address: Address): Promise<void> {
  const server = await bindPort(address);
  await new Promise((resolve) => server.close(resolve));
}
