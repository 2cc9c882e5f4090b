import { request as sendRequest } from 'node:http';
import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { BlockList, Socket } from 'node:net';
import { withoutOrigin } from '../middleware/host.js';
import { MountFailedError, MountTimeoutError, MountUnavailableError } from '../mount.errors.js';
import { forwardHeaders } from './forward-headers.js';

/** The application's end. */
export interface ProxyTarget {
  readonly socketPath: string;
  readonly agent: Agent;
  /** For the head of an answer, from the last of the upload. */
  readonly timeoutMs: number;
  readonly trustedProxies: BlockList;
}

/** The head of an answer, and the connection where it is that of another protocol from now on. */
export interface Answer {
  readonly head: IncomingMessage;
  readonly upgraded?: { readonly socket: Socket; readonly first: Buffer };
}

/** Codes of a process that is not there, or went away. */
const DOWN = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE']);

/** One request with the application: sent as it comes, and given up when its client leaves. */
export class Exchange {
  /** The client went away before its answer had ended. */
  hasLeft = false;
  private readonly outgoing: ClientRequest;
  private readonly timer: NodeJS.Timeout;
  private hasBegun = false;
  private readonly answered: Promise<Answer>;

  constructor(
    target: ProxyTarget,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    /** The protocol that is asked for. */
    upgrade?: string,
  ) {
    const { timeoutMs } = target;
    const outgoing = (this.outgoing = open(target, request, upgrade));
    this.timer = setTimeout(() => outgoing.destroy(new MountTimeoutError(timeoutMs)), timeoutMs);
    response.once('close', this.leave);
    this.answered = new Promise((resolve, reject) => {
      outgoing.once('response', (head) => resolve({ head }));
      // Also after the answer, which counts more than the rest of an upload that nobody reads.
      outgoing.on('error', (error) => reject(describe(error)));
      if (upgrade === undefined) return;
      outgoing.once('upgrade', (head, socket, first) =>
        resolve({ head, upgraded: { socket, first } }),
      );
    });
    if (upgrade === undefined && hasBody(request)) this.upload();
    else outgoing.end();
  }

  /** @throws MountUnavailableError, MountFailedError, MountTimeoutError */
  async answer(): Promise<Answer> {
    const answer = await this.answered;
    clearTimeout(this.timer);
    return answer;
  }

  close(): void {
    const { request, response, outgoing } = this;
    clearTimeout(this.timer);
    response.off('close', this.leave);
    request.off('data', this.stillUploads);
    // Whose answer is complete is back in the agent's pool, and cannot be destroyed any more.
    outgoing.destroy();
    // The rest of what nobody wanted stands before the client's next request.
    request.unpipe(outgoing);
    request.resume();
  }

  private upload(): void {
    const { request, outgoing } = this;
    request.pipe(outgoing);
    request.on('data', this.stillUploads);
    // The application may answer before the first of the body; with it, the head needs no write of its own.
    setImmediate(() => {
      if (!this.hasBegun && !outgoing.destroyed) outgoing.flushHeaders();
    });
  }

  private readonly stillUploads = (): void => {
    this.hasBegun = true;
    this.timer.refresh();
  };

  private readonly leave = (): void => {
    this.hasLeft = !this.response.writableEnded;
    this.outgoing.destroy();
  };
}

function open(
  { socketPath, agent, trustedProxies }: ProxyTarget,
  request: IncomingMessage,
  upgrade: string | undefined,
): ClientRequest {
  const { method, url, headers: original } = request;
  const headers = forwardHeaders(request, { prefix: prefixOf(request), trustedProxies });
  if (upgrade !== undefined) {
    headers.push('Connection', 'Upgrade', 'Upgrade', upgrade);
    // A connection of its own: whatever comes of it, no other request goes there.
    return sendRequest({ socketPath, agent: false, method, path: url, headers });
  }
  // The length as the client framed it: it is what Node's parser has read by.
  if (original['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  else if (original['content-length'] === undefined && mayHaveBody(method))
    headers.push('Content-Length', '0');
  return sendRequest({ socketPath, agent, method, path: url, headers });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function mayHaveBody(method = 'GET'): boolean {
  return !['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE'].includes(method);
}

/** The part of the path that was cut off. */
function prefixOf(request: IncomingMessage & { originalUrl?: string }): string {
  const { originalUrl = '', url = '/' } = request;
  const path = withoutOrigin(originalUrl);
  const rest = path.endsWith(url) ? url.length : url.length - 1;
  return path.slice(0, Math.max(0, path.length - rest));
}

function describe(cause: Error): Error {
  if (cause instanceof MountTimeoutError) return cause;
  const { code } = cause as NodeJS.ErrnoException;
  if (DOWN.has(code ?? '')) return new MountUnavailableError({ cause });
  return new MountFailedError(
    'The application at this path gave no answer that is HTTP. The cause is in the log.',
    { cause },
  );
}
