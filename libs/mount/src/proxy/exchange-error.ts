import { MountFailedError, MountTimeoutError, MountUnavailableError } from '../mount.errors.js';

/** Codes of a process that is not there, went away or has no room for one more connection; the last is undici's for
 * all that closed early. */
const DOWN = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'EAGAIN', 'UND_ERR_SOCKET']);

/** What the client is told where no answer came. */
export function explainNoAnswer(cause: Error): Error {
  if (cause instanceof MountTimeoutError) return cause;
  const { code } = cause as NodeJS.ErrnoException;
  if (DOWN.has(code ?? '')) return new MountUnavailableError({ cause });
  return new MountFailedError(
    'The application at this path gave no answer that is HTTP. The cause is in the log.',
    { cause },
  );
}

/** What the client's connection is cut off for: its answer had begun. */
export function explainBrokenAnswer(cause: Error): MountFailedError {
  return new MountFailedError(
    'The application at this path broke off its answer. The cause is in the log.',
    { cause },
  );
}
