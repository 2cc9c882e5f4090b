import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { answerHeaders, plainPhrase } from '../headers.js';
import type { UpgradeHandler } from '../mounting/mounted-app.js';
import { explainBrokenAnswer, isInterim } from './exchange-error.js';
import { Exchange } from './exchange.js';
import type { Answer, ProxyTarget } from './exchange.js';
import { forwardHeaders, prefixOf } from './forward-headers.js';
import { mayRepeat } from './repeat.js';
import { exchangeWhole, isWhole } from './whole-exchange.js';

/** Time for a client to take something of what is left for it, in milliseconds. */
const STALLED_MS = 10_000;

/** What is called meanwhile. */
export interface ForwardEvents {
  /** Called with the head of the answer. */
  readonly onAnswer: () => void;
  /** Takes the connection from HTTP, for the application has agreed. Without it, no upgrade is asked for. */
  readonly accept?: ((handler: UpgradeHandler) => void) | undefined;
}

/**
 * Sends a request on and its answer back, both as they come. When the client leaves, the application's
 * connection ends, too. The connection becomes that of another protocol when the application has said so
 * (101), and not before: what a client sends behind its request is until then no one's. What finds that its
 * connection is closed, and may be done twice, is sent once more, by a new one.
 *
 * @throws MountUnavailableError, MountFailedError, MountTimeoutError
 */
export async function forwardRequest(
  target: ProxyTarget,
  exchange: readonly [IncomingMessage, ServerResponse],
  events: ForwardEvents,
): Promise<void> {
  const [request, response] = exchange;
  const { dispatcher, timeoutMs, onProgress, trustedProxies } = target;
  const headers = forwardHeaders(request, { prefix: prefixOf(request), trustedProxies });
  const startedAt = performance.now();
  // Node's parser hands over the head first: what came with it is there when it is done with the packet.
  await Promise.resolve();
  const isUpgrade = events.accept !== undefined && request.headers.upgrade !== undefined;
  try {
    if (dispatcher !== undefined && !isUpgrade && isWhole(request)) {
      const { onAnswer } = events;
      await exchangeWhole(dispatcher, exchange, { headers, timeoutMs, onAnswer, onProgress });
    } else await exchangeStreams(target, exchange, { ...events, headers });
  } catch (thrown) {
    const error = thrown as Error;
    // Node's own client can take it.
    if (isInterim(error.cause)) target.dispatcher = undefined;
    const isOver = isUpgrade || response.headersSent || response.destroyed;
    if (isOver || !mayRepeat(request, error, performance.now() - startedAt)) throw error;
    await exchangeStreams({ ...target, agent: false }, exchange, { ...events, headers });
  }
}

async function exchangeStreams(
  target: ProxyTarget,
  [request, response]: readonly [IncomingMessage, ServerResponse],
  { headers, onAnswer, accept }: ForwardEvents & { readonly headers: readonly string[] },
): Promise<void> {
  const upgrade = accept === undefined ? undefined : request.headers.upgrade;
  const exchange = new Exchange(target, [request, response], headers, upgrade);
  try {
    const { head, upgraded } = await exchange.answer();
    onAnswer();
    if (exchange.hasLeft) upgraded?.socket.destroy();
    else if (upgraded !== undefined) join(response, { head, upgraded }, accept);
    else {
      if (target.onProgress !== undefined) head.on('data', target.onProgress);
      await send(head, response);
    }
  } catch (error) {
    // Nobody is there to be told.
    if (!exchange.hasLeft) throw error;
  } finally {
    exchange.close();
  }
}

function send(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const { statusCode = 502, statusMessage, rawHeaders } = answer;
  response.writeHead(statusCode, plainPhrase(statusMessage), answerHeaders(rawHeaders));
  return new Promise((resolve, reject) => {
    // The answer to the client is cut off by whoever handles the error.
    answer.once('error', (cause) => reject(explainBrokenAnswer(cause)));
    response.on('error', reject);
    response.once('close', resolve);
    answer.pipe(response);
  });
}

/** Answers 101 and joins the two connections: when one side ends, so does the other. */
function join(
  response: ServerResponse,
  { head: { headers, statusMessage, rawHeaders }, upgraded }: Required<Answer>,
  accept: ForwardEvents['accept'],
): void {
  const protocol = ['Connection', 'Upgrade', 'Upgrade', headers.upgrade ?? 'websocket'];
  const own = answerHeaders(rawHeaders);
  response.writeHead(101, plainPhrase(statusMessage), [...own, ...protocol]);
  response.flushHeaders();
  const upstream: Socket = upgraded.socket;
  accept?.((_request: IncomingMessage, socket: Duplex, first: Buffer) => {
    if (upgraded.first.length > 0) socket.write(upgraded.first);
    if (first.length > 0) upstream.write(first);
    socket.once('close', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
    upstream.once('close', () => {
      socket.end(() => socket.destroy());
      // Of a client that reads no more.
      (socket as Socket).setTimeout(STALLED_MS, () => socket.destroy());
    });
    upstream.pipe(socket).pipe(upstream);
  });
}
