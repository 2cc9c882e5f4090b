import type { EventEmitter } from 'node:events';
import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** A client's connection, or its stream of an HTTP/2 connection. */
export type Connection = EventEmitter & { readonly destroyed: boolean };

/** The connection by which a request came; of HTTP/2 its own stream. */
export function connectionOf(request: IncomingMessage): Connection {
  const { stream, socket } = request as IncomingMessage & { readonly stream?: Connection };
  return stream ?? socket;
}

/**
 * Adds what is to be told when its connection ends, and with those that have ended already, in the next turn
 * of the event loop: a client may have left while a middleware waited, and no event says so any more.
 *
 * @param key of what is told in this way; one listener serves all that a connection has of it.
 * @returns all of them; what is taken out is not told.
 */
export function tellAtEnd<T>(
  connection: Connection,
  key: symbol,
  entry: T,
  tell: (entry: T) => void,
): Set<T> {
  const entries = entriesOf(connection, key, tell);
  entries.add(entry);
  if (connection.destroyed) {
    setImmediate(() => {
      if (entries.has(entry)) tell(entry);
      entries.delete(entry);
    });
  }
  return entries;
}

/** Takes out what is not to be told. */
export function leaveAtEnd(connection: Connection, key: symbol, entry: unknown): void {
  (connection as Kept<unknown>)[key]?.delete(entry);
}

type Kept<T> = Connection & Record<symbol, Set<T> | undefined>;

function entriesOf<T>(connection: Connection, key: symbol, tell: (entry: T) => void): Set<T> {
  const kept = connection as Kept<T>;
  const known = kept[key];
  if (known !== undefined) return known;
  const entries = new Set<T>();
  kept[key] = entries;
  connection.once('close', () => {
    for (const entry of entries) tell(entry);
    entries.clear();
  });
  return entries;
}

const ANSWERS = Symbol('bentonest.answers');

/**
 * Calls back once when an answer is out, or cannot get out any more. A response that waits behind others
 * of its connection (pipelining) Node forgets when that ends: it is closed here, for all who listen to it.
 *
 * @returns what takes it back.
 */
export function whenAnswered(
  request: IncomingMessage,
  response: ServerResponse,
  end: () => void,
): () => void {
  let isOver = false;
  const cancel = (): void => {
    isOver = true;
    response.off('close', finish);
    entries.delete(close);
  };
  const finish = (): void => {
    if (isOver) return;
    cancel();
    end();
  };
  const close = (): void => {
    // Node's own listener may come later, for the response whose turn it was.
    process.nextTick(() => {
      if (response instanceof ServerResponse && !response.destroyed) {
        response.destroy();
        response.emit('close');
      } else finish();
    });
  };
  response.once('close', finish);
  const entries = tellAtEnd(connectionOf(request), ANSWERS, close, call);
  return cancel;
}

const call = (close: () => void): void => close();
