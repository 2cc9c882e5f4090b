import type { IncomingHttpHeaders } from 'node:http';
import type { CookieSerializeOptions, HttpServer } from '@nestjs/common';
import { getRequestCookies } from '@nestjs/core/helpers/cookies/request-cookies.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { onTimeout } from '../http/method-timeout.js';

/** A request, but for its body. */
export class ContextRequest {
  constructor(private readonly source: FastifyRequest) {}

  /** The request's id, as errors and the log name it. */
  get id(): string {
    return this.source.id;
  }

  get method(): string {
    return this.source.method;
  }

  /** Path and query, as the client sent them. */
  get url(): string {
    return this.source.originalUrl;
  }

  /** Names are in lower case. */
  get headers(): Readonly<IncomingHttpHeaders> {
    return this.source.headers;
  }

  /** By name. */
  get cookies(): Readonly<Record<string, string | undefined>> {
    return getRequestCookies(this.source);
  }

  /** The query's parameters; one that is repeated is a list. */
  get query(): Readonly<Record<string, string | readonly string[] | undefined>> {
    return this.source.query as Record<string, string | string[] | undefined>;
  }

  /** What stands in the place of the route's `:names`. */
  get params(): Readonly<Record<string, string>> {
    return this.source.params as Record<string, string>;
  }

  /** Address of the client, or of the proxy before it. */
  get ip(): string {
    return this.source.ip;
  }
}

/** What an answer is to be, but for its body. */
export class ContextResponse {
  constructor(
    private readonly reply: FastifyReply,
    private readonly server: HttpServer,
  ) {}

  /** @default 200 */
  get statusCode(): number {
    return this.reply.statusCode;
  }

  set statusCode(code: number) {
    this.reply.status(code);
  }

  /** The value that a header has so far. */
  getHeader(name: string): string | number | readonly string[] | undefined {
    return this.reply.getHeader(name);
  }

  setHeader(name: string, value: string | number | readonly string[]): this {
    void this.reply.header(name, value);
    return this;
  }

  /** Adds a cookie. `maxAge` is in seconds, `path` is `/` unless it is given. */
  setCookie(name: string, value: string, options?: CookieSerializeOptions): this {
    this.server.setCookie?.(this.reply, name, value, options);
    return this;
  }
}

/**
 * The request that a method of a service answers, and the answer's status, headers and cookies. Where
 * the method fails, the error's own status is sent; headers and cookies that were set are kept.
 */
export class Context {
  readonly request: ContextRequest;
  readonly response: ContextResponse;
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  #signal: AbortSignal | undefined;

  constructor(request: FastifyRequest, reply: FastifyReply, server: HttpServer) {
    this.request = new ContextRequest(request);
    this.response = new ContextResponse(reply, server);
    this.#request = request;
    this.#reply = reply;
  }

  /** Aborts when the client leaves before it is answered, or the method's `timeoutMs` is over. */
  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal;
    const controller = new AbortController();
    this.#signal = controller.signal;
    const { raw } = this.#reply;
    const abort = (): void => {
      if (!raw.writableEnded) controller.abort(new Error('The client closed the connection.'));
    };
    if (raw.destroyed) abort();
    else raw.once('close', abort);
    onTimeout(this.#request, (error) => controller.abort(error));
    return this.#signal;
  }
}
