import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { FastifyInstance, FastifyListenOptions, RawServerBase } from 'fastify';

/** Until a port is free at every address. */
const PORT_TRIES = 10;

type ListenCallback = (error: Error | null, address: string) => void;

/**
 * The addresses at which a server listens that is to listen at a host: of `localhost` all that this machine
 * has, for clients may try any of them, and only one.
 */
export async function addressesOf(host: string): Promise<readonly string[]> {
  if (host !== 'localhost') return [host];
  const found = await lookup(host, { all: true }).catch(() => []);
  const [first = host, ...others] = new Set(found.map(({ address }) => address));
  if (others.length === 0) return [first];
  const there = await Promise.all([first, ...others].map((address) => isThere(address)));
  const addresses = [first, ...others].filter((_address, at) => there[at]);
  return addresses.length === 0 ? [first] : addresses;
}

/** A name may stand for an address of IPv6 on a machine that has none. */
async function isThere(host: string): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ host, port: 0 }), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/**
 * For `localhost`, Fastify makes a server for each address, of which only the first has what was set at it.
 * From now on it has the one, and connections that come by the other addresses are handed to it. Closing
 * it closes them, and has ended when their connections have.
 */
export function listenAtAllAddresses(fastify: FastifyInstance): void {
  const { server } = fastify;
  const listen = fastify.listen.bind(fastify) as (options: FastifyListenOptions) => Promise<string>;
  const doors: Server[] = [];
  const listenAtAll = async (options: FastifyListenOptions): Promise<string> => {
    const { host = 'localhost', path, ...others } = options;
    if (path !== undefined || host !== 'localhost' || 'fd' in options) return listen(options);
    const [first = host, ...rest] = await addressesOf(host);
    // Nest passes on what it is given, such as that of an environment variable.
    const isAnyPort = rest.length > 0 && String(others.port ?? 0) === '0';
    if (isAnyPort) others.port = await freePort([first, ...rest]);
    const address = await listen({ ...others, host: first });
    for (const other of rest) {
      // It may be closed at any time.
      const bound = server.address() as AddressInfo | null;
      if (bound === null) break;
      const door = await openDoor(server, { ...others, host: other, port: bound.port });
      if (server.listening) doors.push(door);
      else door.close();
    }
    return address;
  };
  Object.assign(fastify, {
    listen: (options: FastifyListenOptions = {}, callback?: ListenCallback) => {
      const listening = listenAtAll(options);
      return callback === undefined ? listening : void tell(listening, callback);
    },
  });
  const close = server.close.bind(server);
  Object.assign(server, {
    close: (callback?: (error?: Error) => void) => {
      let open = 1 + doors.length;
      let failure: Error | undefined;
      const end = (): void => {
        if (--open === 0) callback?.(failure);
      };
      for (const door of doors.splice(0)) door.close(end);
      return close((error) => {
        failure = error;
        end();
      });
    },
  });
}

/** A port that is free at all of the addresses: the system would look at the first alone. */
async function freePort(addresses: readonly string[]): Promise<number> {
  for (let left = PORT_TRIES; ; left--) {
    const held: Server[] = [];
    let port = 0;
    try {
      for (const host of addresses) {
        const server = createServer();
        held.push(server);
        await once(server.listen({ host, port }), 'listening');
        ({ port } = server.address() as AddressInfo);
      }
      return port;
    } catch (error) {
      if (left === 1 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    } finally {
      await Promise.all(held.map((server) => new Promise((end) => server.close(end))));
    }
  }
}

async function tell(listening: Promise<string>, callback: ListenCallback): Promise<void> {
  let address: string;
  try {
    address = await listening;
  } catch (error) {
    callback(error as Error, '');
    return;
  }
  callback(null, address);
}

async function openDoor(
  server: RawServerBase,
  options: { readonly host: string; readonly port: number; readonly backlog?: number },
): Promise<Server> {
  const door = handConnectionsTo(server);
  try {
    await once(door.listen(options), 'listening');
    return door;
  } catch (error) {
    server.close();
    throw error;
  }
}

/** A server whose connections another one serves, as if they had come to it. */
export function handConnectionsTo(server: Pick<Server, 'emit'>): Server {
  // As Node makes those of HTTP.
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    server.emit('connection', socket);
  });
}
