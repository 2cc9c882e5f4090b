import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { answerHeaders, plainPhrase } from '../headers.js';
import { MountTimeoutError } from '../mount.errors.js';
import { explainBrokenAnswer, explainNoAnswer } from './exchange-error.js';
import type { HoldingOptions } from './held-connection.js';

/** Most requests: no body, or one that came with the head. */
export function isWhole(request: IncomingMessage): boolean {
  const { complete, destroyed, readableLength, headers, url = '' } = request;
  // Node's parser gives what it has of a body before it says that there is no more.
  const isHere = complete || readableLength === Number(headers['content-length']);
  // To undici `OPTIONS *` is no path, and a 304 that says its length, as it may, a broken answer.
  return isHere && !destroyed && url.startsWith('/') && !isConditional(headers);
}

function isConditional(headers: IncomingMessage['headers']): boolean {
  return headers['if-none-match'] !== undefined || headers['if-modified-since'] !== undefined;
}

/** The request as it is sent on, and what is called meanwhile. */
export interface WholeExchangeOptions {
  readonly headers: string[];
  readonly timeoutMs: number;
  readonly onAnswer: () => void;
  /** Called with each piece of the answer's body. */
  readonly onProgress?: (() => void) | undefined;
}

/**
 * Sends a request on whose body is here as a whole, and its answer back as it comes. Where a stream for each
 * of the four ways costs most of the time (as `Exchange` has them), it takes a third of it.
 *
 * @throws MountUnavailableError, MountFailedError, MountTimeoutError
 */
export function exchangeWhole(
  dispatcher: Dispatcher,
  [request, response]: readonly [IncomingMessage, ServerResponse],
  options: WholeExchangeOptions,
): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const body = request.read() as Buffer | null;
  // To its end, before the client's next request.
  request.resume();
  return new Promise((resolve, reject) => {
    const answer = new WholeAnswer(response, options, [resolve, reject]);
    const { headers } = options;
    const holding: HoldingOptions = { onClient: answer.onClient };
    dispatcher.dispatch({ method, path: url, headers, body, ...holding }, answer);
  });
}

/** Writes an answer to the client, and gives it up when the client leaves. */
class WholeAnswer implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private client: Parameters<NonNullable<HoldingOptions['onClient']>>[0] | undefined;
  private readonly timer: NodeJS.Timeout;
  private hasBegun = false;
  private isOver = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly options: WholeExchangeOptions,
    private readonly settle: readonly [() => void, (error: Error) => void],
  ) {
    const { timeoutMs } = options;
    this.timer = setTimeout(() => this.end(new MountTimeoutError(timeoutMs)), timeoutMs);
    response.once('close', this.leave);
    response.on('error', this.leave);
  }

  readonly onClient: HoldingOptions['onClient'] = (client) => {
    this.client = client;
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It left, or its time was over, while a connection was made.
    if (this.isOver) controller.abort(new Error('Nobody waits for the answer any more.'));
  }

  onResponseStart(
    { rawHeaders }: Dispatcher.DispatchController,
    statusCode: number,
    _headers: unknown,
    statusMessage?: string,
  ): void {
    // Another answer follows: such as 103 is between the application and this server.
    if (statusCode < 200 || this.isOver) return;
    this.hasBegun = true;
    clearTimeout(this.timer);
    this.options.onAnswer();
    // undici reads it as UTF-8, which no head may hold.
    const phrase = plainPhrase(statusMessage);
    this.response.writeHead(statusCode, phrase, answerHeaders(decode(rawHeaders)));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.options.onProgress?.();
    if (this.response.write(chunk)) return;
    const { connection = controller } = this.client ?? {};
    connection.pause(controller);
    this.response.once('drain', () => {
      if (!this.isOver) connection.resume(controller);
    });
  }

  onResponseEnd(): void {
    this.response.end();
    this.end();
  }

  onResponseError(_controller: unknown, cause: NodeJS.ErrnoException): void {
    if (this.hasNoBody && cause.code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH')
      this.onResponseEnd();
    else this.end(this.hasBegun ? explainBrokenAnswer(cause) : explainNoAnswer(cause));
  }

  /** Such an answer may say a length all the same, of what there would be; to undici it is broken then. */
  private get hasNoBody(): boolean {
    const { statusCode } = this.response;
    return this.hasBegun && (statusCode === 204 || statusCode === 304);
  }

  private end(error?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.response.off('close', this.leave);
    const [resolve, reject] = this.settle;
    if (error === undefined) resolve();
    else {
      reject(error);
      this.controller?.abort(error);
    }
  }

  private readonly leave = (): void => {
    // Nobody is there to be told.
    this.end();
    this.controller?.abort(new Error('The client left.'));
  };
}

function decode(rawHeaders: Dispatcher.DispatchController['rawHeaders']): readonly string[] {
  if (!Array.isArray(rawHeaders)) return [];
  return rawHeaders.map((text) => (typeof text === 'string' ? text : text.toString('latin1')));
}
