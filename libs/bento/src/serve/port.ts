import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { addressesOf, handConnectionsTo } from 'bentonest/serving';
import { ListenError } from './serve.errors.js';
import type { ResolvedServeOptions } from './serve.options.js';

export type ListenAddress = Pick<ResolvedServeOptions, 'host' | 'port' | 'backlog'>;

/** Where operators are let in. */
export function adminAddressOf({ admin, backlog }: ResolvedServeOptions): ListenAddress {
  return { host: admin?.host ?? 'localhost', port: admin?.port ?? 0, backlog };
}

/**
 * Has a server listen at all addresses of a host, until it closes.
 *
 * @throws ListenError
 */
export async function listen(server: Server, asked: ListenAddress): Promise<void> {
  const [first = asked.host, ...others] = await addressesOf(asked.host);
  await listenAt(first, server, asked);
  for (const other of others) {
    const door = handConnectionsTo(server);
    await listenAt(other, door, { ...asked, port: portOf(server) });
    server.once('close', () => door.close());
  }
}

/**
 * Listens, before anything else is started: a port that is taken costs nobody a worker. Connections
 * are left unread, for other processes to read.
 *
 * @returns a server for each address of the host.
 * @throws ListenError
 */
export async function bindPort(asked: ListenAddress): Promise<readonly Server[]> {
  const servers: Server[] = [];
  for (const address of await addressesOf(asked.host)) {
    // Set on the connection itself, it holds in the process that gets it.
    const server = createServer({ pauseOnConnect: true, noDelay: true });
    const [first] = servers;
    await listenAt(address, server, { ...asked, port: first ? portOf(first) : asked.port });
    servers.push(server);
  }
  return servers;
}

/** @throws ListenError when the port is not to be had. */
export async function checkPort(address: ListenAddress): Promise<void> {
  const servers = await bindPort(address);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}

/** What an application says of a port that another process has taken meanwhile. */
export function toListenError(error: unknown, { host, port }: ListenAddress): unknown {
  const { syscall } = error as NodeJS.ErrnoException;
  return syscall === 'listen' ? new ListenError(host, port, error as Error) : error;
}

/** It may be the system's choice. */
function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function listenAt(address: string, server: Server, asked: ListenAddress): Promise<void> {
  const { host, port, backlog } = asked;
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(new ListenError(host, port, cause));
    server.once('error', fail);
    server.listen({ host: address, port, backlog }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
