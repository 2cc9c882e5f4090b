import { request as sendRequest } from 'node:http';
import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { MountFailedError, MountTimeoutError, MountUnavailableError } from '../mount.errors.js';
import { answerHeaders, forwardHeaders } from '../headers.js';

/** The application's end. */
export interface ProxyTarget {
  readonly socketPath: string;
  readonly agent: Agent;
  /** For the head of an answer. */
  readonly timeoutMs: number;
  /** Called with each answer's head. */
  readonly onAnswer: () => void;
}

/** Codes of a process that is not there, or went away. */
const DOWN = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE']);

/**
 * Sends a request on and its answer back, both as they come. When the client leaves, the application's
 * connection ends, too.
 *
 * @throws MountUnavailableError, MountFailedError, MountTimeoutError
 */
export async function forwardRequest(
  target: ProxyTarget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const outgoing = open(target, request);
  const leave = (): void => void outgoing.destroy();
  response.once('close', leave);
  const timer = setTimeout(
    () => outgoing.destroy(new MountTimeoutError(target.timeoutMs)),
    target.timeoutMs,
  );
  try {
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve);
      outgoing.once('error', reject);
    });
    // An application may answer without reading all: then the answer counts, not the broken upload.
    pipeline(request, outgoing).catch(() => undefined);
    const answer = await answered;
    clearTimeout(timer);
    target.onAnswer();
    const { statusCode = 502, statusMessage, rawHeaders } = answer;
    response.writeHead(statusCode, statusMessage, answerHeaders(rawHeaders));
    await pipeline(answer, response);
  } catch (error) {
    // Nobody is there to be told.
    if (response.destroyed && !outgoing.errored) return;
    throw describe(error);
  } finally {
    clearTimeout(timer);
    response.off('close', leave);
  }
}

function open({ socketPath, agent }: ProxyTarget, request: IncomingMessage): ClientRequest {
  const { method, url, headers: original } = request;
  const headers = forwardHeaders(request, prefixOf(request));
  // The length as the client framed it: it is what Node's parser has read by.
  if (original['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  else if (original['content-length'] === undefined && mayHaveBody(method))
    headers.push('Content-Length', '0');
  return sendRequest({ socketPath, agent, method, path: url, headers });
}

function mayHaveBody(method = 'GET'): boolean {
  return !['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE'].includes(method);
}

/** The part of the path that was cut off. */
export function prefixOf(request: IncomingMessage & { originalUrl?: string }): string {
  const { originalUrl = '', url = '/' } = request;
  const rest = originalUrl.endsWith(url) ? url.length : url.length - 1;
  return originalUrl.slice(0, Math.max(0, originalUrl.length - rest));
}

function describe(error: unknown): unknown {
  if (error instanceof MountTimeoutError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (DOWN.has(code ?? '')) return new MountUnavailableError({ cause: error });
  return new MountFailedError(
    'The application at this path gave no answer that is HTTP, or broke it off. The cause is in the log.',
    { cause: error },
  );
}
