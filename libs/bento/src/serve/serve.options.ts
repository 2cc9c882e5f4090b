import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/**
 * Options of `serve`. bentonest.yaml and the environment (`PORT`, `HOST`, `BENTONEST__SERVER__…`) have
 * the last word: docs/configuration.md.
 */
export interface ServeOptions {
  /** @default 3000 */
  port?: number;
  /** @default 'localhost' */
  host?: string;
  /** Connections that wait to be accepted. @default 511 */
  backlog?: number;
  /**
   * Processes that serve the API: several share the port, and the workers of the runners. `auto` is one
   * for each core that this process may use.
   *
   * @default 1
   */
  workers?: number | 'auto';
  /** An API process is replaced after this time, in milliseconds, without losing a request. @default never */
  maxRuntimeMs?: number;
  /** TLS. @default none: HTTP */
  ssl?: TlsOptions;
  /** HTTP/2; with TLS, HTTP/1.1 is served beside it. @default false */
  http2?: boolean;
  /**
   * Whose `X-Forwarded-*` headers are believed: everybody's (true), or those of addresses and networks.
   *
   * @default false
   */
  trustProxy?: boolean | string[];
  /** Answers browsers of other origins. @default none */
  cors?: CorsOptions;
  /** The security headers of helmet, from the optional package @fastify/helmet. @default false */
  securityHeaders?: boolean;
  /** An address of its own for operators. @default none */
  admin?: AdminOptions;
  /** Called with each application before it starts: for a global prefix, versions, pipes, filters. */
  configure?: (app: NestFastifyApplication) => void | Promise<void>;
}

/** TLS, by files in PEM; they are read again when they change, and new connections get the new ones. */
export interface TlsOptions {
  certFile?: string;
  keyFile?: string;
  /** Certificates of those who sign client certificates. */
  caFile?: string;
  passphrase?: string;
  /** @default 'TLSv1.2' */
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Only clients with a certificate that `caFile` vouches for are served. @default false */
  requestClientCert?: boolean;
}

/** Cross-origin requests, for `app.enableCors`. */
export interface CorsOptions {
  /** @default true where `cors` is given */
  enabled?: boolean;
  /** Such as `https://app.example.com`; `*` is all. */
  origins?: string[];
  /** @default GET, HEAD, POST, PUT, PATCH, DELETE */
  methods?: string[];
  /** Headers that they may send. @default those that they ask for */
  allowedHeaders?: string[];
  /** Headers that they may read. @default none */
  exposedHeaders?: string[];
  /** Whether cookies and credentials go with it. @default false */
  credentials?: boolean;
  /** Time for which a browser remembers, in seconds. */
  maxAgeSeconds?: number;
}

/** The address of operators: metrics and health, and what changes the process. */
export interface AdminOptions {
  /** Without one there is no such address. */
  port?: number;
  /** @default 'localhost' */
  host?: string;
  /** Bearer token, of 22 characters or more, for requests that change something; without one, none may. */
  token?: string;
}

export interface ResolvedServeOptions extends ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly backlog: number;
  readonly workers: number;
}
