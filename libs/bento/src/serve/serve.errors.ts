import { BentoError } from 'bentonest/errors';

/** The address that the server is to listen at is not to be had. */
export class ListenError extends BentoError {
  static override readonly code = 'LISTEN_FAILED';
  static override readonly statusCode = 500;

  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    super(`Cannot listen at port ${port} of ${host}: ${reasonOf(cause)}`, {
      cause,
      details: { host, port },
    });
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') {
    return 'another process listens there. End it, or set another port (PORT, or port of serve).';
  }
  if (code === 'EACCES') return 'this user may not. Set a port from 1024 (PORT, or port of serve).';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return 'this machine has no such address. Set another host (HOST, or host of serve).';
  }
  return message;
}
