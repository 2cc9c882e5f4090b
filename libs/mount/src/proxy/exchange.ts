import { request as sendRequest } from 'node:http';
import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { BlockList, Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { MountTimeoutError } from '../mount.errors.js';
import { explainNoAnswer } from './exchange-error.js';

/** The application's end. */
export interface ProxyTarget {
  readonly socketPath: string;
  /** `false`: a connection for this request alone. */
  readonly agent: Agent | false;
  /** Connections for requests whose body is here as a whole; undefined where it cannot take the answers. */
  dispatcher: Dispatcher | undefined;
  /** For the head of an answer, from the last of the upload. */
  readonly timeoutMs: number;
  /** Called with each piece of a body, of either direction. */
  readonly onProgress?: (() => void) | undefined;
  readonly trustedProxies: BlockList;
}

/** The head of an answer, and the connection where it is that of another protocol from now on. */
export interface Answer {
  readonly head: IncomingMessage;
  readonly upgraded?: { readonly socket: Socket; readonly first: Buffer };
}

/**
 * One request with the application: sent as it comes, and given up when its client leaves. By Node's own
 * client, which sends a head before the first of its body, and can leave HTTP.
 */
export class Exchange {
  /** The client went away before its answer had ended. */
  hasLeft = false;
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly outgoing: ClientRequest;
  private readonly timer: NodeJS.Timeout;
  private readonly onProgress: ProxyTarget['onProgress'];
  private hasBegun = false;
  private readonly answered: Promise<Answer>;

  constructor(
    target: ProxyTarget,
    [request, response]: readonly [IncomingMessage, ServerResponse],
    headers: readonly string[],
    /** The protocol that is asked for. */
    upgrade?: string,
  ) {
    this.request = request;
    this.response = response;
    const { timeoutMs } = target;
    this.onProgress = target.onProgress;
    const outgoing = (this.outgoing = open(target, [request, headers], upgrade));
    this.timer = setTimeout(() => outgoing.destroy(new MountTimeoutError(timeoutMs)), timeoutMs);
    response.once('close', this.leave);
    this.answered = new Promise((resolve, reject) => {
      outgoing.once('response', (head) => resolve({ head }));
      // Also after the answer, which counts more than the rest of an upload that nobody reads.
      outgoing.on('error', (error) => reject(explainNoAnswer(error, outgoing.reusedSocket)));
      // With an answer that is none, and nobody who takes it, Node's client says no more than this.
      outgoing.once('close', () => reject(explainNoAnswer(new Error('It closed the connection.'))));
      outgoing.once('upgrade', (head, socket, first) => {
        if (upgrade !== undefined) return resolve({ head, upgraded: { socket, first } });
        socket.destroy();
        return reject(explainNoAnswer(new Error('It changed its protocol (101), unasked.')));
      });
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
    this.onProgress?.();
    this.timer.refresh();
  };

  private readonly leave = (): void => {
    this.hasLeft = !this.response.writableEnded;
    this.outgoing.destroy();
  };
}

function open(
  { socketPath, agent }: ProxyTarget,
  [request, forwarded]: readonly [IncomingMessage, readonly string[]],
  upgrade: string | undefined,
): ClientRequest {
  const { method, url } = request;
  const headers = [...forwarded];
  if (upgrade !== undefined) {
    headers.push('Connection', 'Upgrade', 'Upgrade', upgrade);
    // A connection of its own: whatever comes of it, no other request goes there.
    return sendRequest({ socketPath, agent: false, method, path: url, headers });
  }
  // The length as the client framed it: it is what Node's parser has read by.
  if (isUnmeasured(request)) headers.push('Transfer-Encoding', 'chunked');
  else if (request.headers['content-length'] === undefined && mayHaveBody(method))
    headers.push('Content-Length', '0');
  return sendRequest({ socketPath, agent, method, path: url, headers });
}

export function hasBody(request: IncomingMessage): boolean {
  return isUnmeasured(request) || Number(request.headers['content-length'] ?? 0) > 0;
}

/** A body of which no length is said; in HTTP/2 that is what comes behind the headers. */
function isUnmeasured(request: IncomingMessage & { readonly stream?: ServerHttp2Stream }): boolean {
  const { headers, stream } = request;
  if (headers['transfer-encoding'] !== undefined) return true;
  return stream?.endAfterHeaders === false && headers['content-length'] === undefined;
}

function mayHaveBody(method = 'GET'): boolean {
  return !['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE'].includes(method);
}
