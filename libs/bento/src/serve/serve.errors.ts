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

const ADMIN_REFUSALS = {
  token: 'Expected the token of the operators in the header authorization, as Bearer.',
  closed: 'Nothing can be changed by this address: set admin.token, of 22 characters or more.',
  origin: 'What changes the server is not taken from web pages, which send the header origin.',
} as const;

/** A request that would change the server did not come from its operators. */
export class AdminUnauthorizedError extends BentoError {
  static override readonly code = 'ADMIN_UNAUTHORIZED';
  static override readonly statusCode = 401;

  constructor(why: keyof typeof ADMIN_REFUSALS) {
    super(ADMIN_REFUSALS[why]);
  }
}
