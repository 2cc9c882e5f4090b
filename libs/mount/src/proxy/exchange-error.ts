import { MountFailedError, MountTimeoutError, MountUnavailableError } from '../mount.errors.js';

/** Codes of a process that is not there, went away or has no room for one more connection; the last is undici's for
 * all that closed early. */
const DOWN = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'EAGAIN', 'UND_ERR_SOCKET']);

/** An error of undici, which tells what the connection had read, or of a socket. */
type ConnectionError = NodeJS.ErrnoException & { readonly socket?: { readonly bytesRead: number } };

const stale = new WeakSet<Error>();

/**
 * What the client is told where no answer came.
 *
 * @param isReused whether the connection had been used before
 */
export function explainNoAnswer(cause: ConnectionError, isReused = wasReused(cause)): Error {
  if (cause instanceof MountTimeoutError) return cause;
  if (DOWN.has(cause.code ?? '') && !isInterim(cause)) {
    const error = new MountUnavailableError({ cause });
    if (isReused) stale.add(error);
    return error;
  }
  return new MountFailedError(
    'The application at this path gave no answer that is HTTP. The cause is in the log.',
    { cause },
  );
}

/** Whether the application had closed the connection, idle as it was, when the request was already on its way. */
export function isStale(error: Error): boolean {
  return stale.has(error);
}

/** The other end was gone before it had read all, or had answered before. */
function wasReused({ code, socket }: ConnectionError): boolean {
  if (code === 'UND_ERR_SOCKET') return (socket?.bytesRead ?? 0) > 0;
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/** An answer before the answer that nobody asked for, 100 or 101: for undici it ends the connection. */
export function isInterim(cause: unknown): boolean {
  const { code, message } = (cause ?? {}) as ConnectionError;
  return code === 'UND_ERR_SOCKET' && (message === 'bad response' || message === 'bad upgrade');
}

/** What the client's connection is cut off for: its answer had begun. */
export function explainBrokenAnswer(cause: Error): MountFailedError {
  return new MountFailedError(
    'The application at this path broke off its answer. The cause is in the log.',
    { cause },
  );
}
