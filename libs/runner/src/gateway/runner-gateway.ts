import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { SocketFolder } from '../pool/socket-folder.js';
import { GatewayConnection } from './gateway-connection.js';
import type { GatewayRunner } from './gateway-connection.js';

/**
 * Lets other processes of the application call its runners: a unix socket for each, which only this
 * user can reach, with the protocol that workers speak. Their calls join the same batches.
 */
export class RunnerGateway {
  private readonly sockets = new SocketFolder();
  private readonly servers = new Map<Server, Set<GatewayConnection>>();

  /** Listens, and resolves with the path of each runner's socket by the runner's name. */
  async open(runners: readonly GatewayRunner[]): Promise<Readonly<Record<string, string>>> {
    const opened = runners.map(async (runner) => [runner.name, await this.listen(runner)] as const);
    return Object.fromEntries(await Promise.all(opened));
  }

  /** Ends all connections; their calls are aborted. */
  close(): void {
    for (const [server, connections] of this.servers) {
      server.close();
      for (const connection of connections) connection.close();
    }
    this.servers.clear();
    this.sockets.remove();
  }

  private listen(runner: GatewayRunner): Promise<string> {
    const path = this.sockets.nextPath();
    const connections = new Set<GatewayConnection>();
    const server = createServer((socket) => {
      const connection = new GatewayConnection(runner, socket);
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    });
    this.servers.set(server, connections);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => resolve(path));
    });
  }
}
