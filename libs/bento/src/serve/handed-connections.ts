import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Address, ProcessMessage } from './process-messages.js';

export interface Connection {
  readonly at: Address;
  readonly socket: Socket;
}

/**
 * Connections on their way to a process. They stay open here until it says that it has taken them:
 * one that dies before, or never looked, has not lost them.
 */
export class HandedConnections {
  private readonly handed = new Map<ChildProcess, Map<number, Connection>>();
  private lastId = 0;

  give(child: ChildProcess, connection: Connection): void {
    const id = ++this.lastId;
    this.of(child).set(id, connection);
    const message: ProcessMessage = { to: 'connections', at: connection.at, id };
    // It fails for a channel that is gone only: the child's end tells of that.
    child.send(message, connection.socket, { keepOpen: true }, () => undefined);
  }

  /** The process has it: what is open here would only keep it from being closed there. */
  taken(child: ChildProcess, id: number): void {
    const connections = this.of(child);
    connections.get(id)?.socket.destroy();
    connections.delete(id);
  }

  /** What a process that is gone had not taken. */
  takeBack(child: ChildProcess): readonly Connection[] {
    const connections = [...this.of(child).values()];
    this.handed.delete(child);
    return connections;
  }

  private of(child: ChildProcess): Map<number, Connection> {
    const known = this.handed.get(child);
    if (known !== undefined) return known;
    const connections = new Map<number, Connection>();
    this.handed.set(child, connections);
    return connections;
  }
}
