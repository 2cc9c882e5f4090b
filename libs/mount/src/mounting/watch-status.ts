import type { Socket } from 'node:net';

/** The status, known from nginx, of a request whose client left before it was answered. */
const CLIENT_CLOSED_REQUEST = 499;

type Write = (chunk?: unknown, ...rest: unknown[]) => unknown;

/**
 * Calls back with the status of the answer that is written to a connection by someone who has it bare: 101 of
 * a WebSocket that was accepted, 400 of one that was not. What is returned stops it.
 */
export function watchStatus(socket: Socket, onStatus: (statusCode: number) => void): () => void {
  const watched = socket as unknown as Record<'write' | 'end', Write>;
  const { write, end } = watched;
  const stop = (): void => {
    socket.off('close', onClose);
    Object.assign(watched, { write, end });
  };
  const onClose = (): void => {
    stop();
    onStatus(CLIENT_CLOSED_REQUEST);
  };
  const watch =
    (original: Write): Write =>
    (...args) => {
      const status = statusOf(args[0]);
      if (status !== undefined) {
        stop();
        onStatus(status);
      }
      return Reflect.apply(original, socket, args);
    };
  Object.assign(watched, { write: watch(write), end: watch(end) });
  socket.once('close', onClose);
  return stop;
}

function statusOf(chunk: unknown): number | undefined {
  const text = Buffer.isBuffer(chunk) ? chunk.toString('latin1', 0, 16) : chunk;
  const [, status] = /^HTTP\/1\.\d (\d{3})/.exec(typeof text === 'string' ? text : '') ?? [];
  return status === undefined ? undefined : Number(status);
}
