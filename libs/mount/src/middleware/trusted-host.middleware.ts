import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { NestMiddleware } from '@nestjs/common';
import { InvalidMiddlewareError } from '../mount.errors.js';
import { formatHost, hostOf, parseHost, pathOf } from 'bentonest/serving';
import { INVALID_HOST, deny, redirect } from './denial.js';
import type { IncomingRequest, RequestCheck } from './denial.js';
import { parseTrustedProxies, schemeOf } from './scheme.js';

/** Options of {@link TrustedHostMiddleware}. */
export interface TrustedHostOptions {
  /**
   * Names that the server answers to: `example.com`, `*.example.com` for everything below it (not for
   * itself), an IP address, or `*` for any. Without ports: a request's port does not matter.
   * @default ['*']
   */
  readonly allowedHosts?: readonly string[];
  /** Sends `example.com` to `www.example.com` where only that is allowed. @default true */
  readonly wwwRedirect?: boolean;
  /** IPs and CIDRs of proxies whose `X-Forwarded-Proto` is the scheme of a redirect. @default [] */
  readonly trustedProxies?: readonly string[];
}

/**
 * Answers 400 `Invalid host header` to requests, and WebSocket upgrades, whose Host header is not one of the
 * allowed, is malformed or is there twice. Register it first.
 *
 * @example consumer.apply(TrustedHostMiddleware.with({ allowedHosts: ['example.com'] })).forRoutes('{*splat}')
 */
@Injectable()
export class TrustedHostMiddleware implements NestMiddleware {
  /** The decision alone, by the request's head: for those who answer in another way. */
  static readonly check: RequestCheck = createTrustedHostCheck({});

  private readonly check = (this.constructor as typeof TrustedHostMiddleware).check;

  /**
   * The middleware with options.
   *
   * @throws InvalidMiddlewareError for a pattern that could never match
   */
  static with(options: TrustedHostOptions): typeof TrustedHostMiddleware {
    const check = createTrustedHostCheck(options);
    return class TrustedHost extends TrustedHostMiddleware {
      static override readonly check = check;
    };
  }

  use(request: IncomingRequest, response: ServerResponse, next: () => void): void {
    const denial = this.check(request);
    if (denial === undefined) next();
    else deny(response, denial);
  }
}

function createTrustedHostCheck(options: TrustedHostOptions): RequestCheck {
  const { allowedHosts = ['*'], wwwRedirect = true, trustedProxies = [] } = options;
  if (allowedHosts.length === 0) {
    throw new InvalidMiddlewareError(
      "allowedHosts: expected one host or more, got none. Give ['*'] to allow any.",
    );
  }
  const patterns = allowedHosts.map(parsePattern);
  const names = new Set(patterns.filter((pattern) => !pattern.startsWith('*')));
  const suffixes = patterns.filter((pattern) => pattern.startsWith('*.')).map((p) => p.slice(1));
  const allowsAny = patterns.includes('*');
  const proxies = parseTrustedProxies(trustedProxies);
  return (request) => {
    const host = hostOf(request);
    if (host === undefined) return INVALID_HOST;
    const { name } = host;
    if (allowsAny || names.has(name) || suffixes.some((suffix) => name.endsWith(suffix))) {
      return undefined;
    }
    if (!wwwRedirect || !names.has(`www.${name}`)) return INVALID_HOST;
    const scheme = schemeOf(request, proxies);
    return redirect(`${scheme}://www.${formatHost(host)}${pathOf(request)}`);
  };
}

function parsePattern(pattern: string): string {
  if (pattern === '*') return pattern;
  const isWildcard = pattern.startsWith('*.');
  const rest = isWildcard ? pattern.slice(2) : pattern;
  if (rest.includes('*')) {
    throw new InvalidMiddlewareError(
      `allowedHosts: domain wildcard patterns must be like '*.example.com', got ${JSON.stringify(pattern)}.`,
    );
  }
  const host = parseHost(rest) ?? parseHost(`[${rest}]`);
  if (host === undefined || host.port !== '' || rest.endsWith(':')) {
    throw new InvalidMiddlewareError(
      `allowedHosts: expected a host name or IP address without scheme, port and path, got ${JSON.stringify(pattern)}.`,
    );
  }
  return isWildcard ? `*.${host.name}` : host.name;
}
