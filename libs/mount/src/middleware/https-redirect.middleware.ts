import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { NestMiddleware } from '@nestjs/common';
import { formatHost, hostOf, pathOf } from 'bentonest/serving';
import { INVALID_HOST, deny, redirect } from './denial.js';
import type { IncomingRequest, RequestCheck } from './denial.js';
import { forwardedPrefix, parseTrustedProxies, schemeOf } from './scheme.js';

/** Options of {@link HttpsRedirectMiddleware}. */
export interface HttpsRedirectOptions {
  /**
   * IPs and CIDRs of proxies whose `X-Forwarded-Proto` says how the client came, and `X-Forwarded-Prefix`
   * which path they have cut off. Behind a proxy that ends TLS and is not named here, every request is
   * redirected again.
   * @default []
   */
  readonly trustedProxies?: readonly string[];
}

/** Ports that an address without TLS has by default, or one with it. */
const DEFAULT_PORTS = new Set(['80', '443']);
const ENCRYPTED = { http: 'https', ws: 'wss' } as const;

/**
 * Sends requests, and WebSocket upgrades, that came without TLS to the same address with `https` or `wss` (307).
 * The address has the request's own Host: register TrustedHostMiddleware before it.
 *
 * @example consumer.apply(HttpsRedirectMiddleware.with({ trustedProxies: ['10.0.0.0/8'] })).forRoutes('{*splat}')
 */
@Injectable()
export class HttpsRedirectMiddleware implements NestMiddleware {
  /** The decision alone, by the request's head: for those who answer in another way. */
  static readonly check: RequestCheck = createHttpsRedirectCheck({});

  private readonly check = (this.constructor as typeof HttpsRedirectMiddleware).check;

  /**
   * The middleware with options.
   *
   * @throws InvalidMiddlewareError for a proxy that is no IP address and no CIDR
   */
  static with(options: HttpsRedirectOptions): typeof HttpsRedirectMiddleware {
    const check = createHttpsRedirectCheck(options);
    return class HttpsRedirect extends HttpsRedirectMiddleware {
      static override readonly check = check;
    };
  }

  use(request: IncomingRequest, response: ServerResponse, next: () => void): void {
    const denial = this.check(request);
    if (denial === undefined) next();
    else deny(response, denial);
  }
}

function createHttpsRedirectCheck({ trustedProxies = [] }: HttpsRedirectOptions): RequestCheck {
  const proxies = parseTrustedProxies(trustedProxies);
  return (request) => {
    const scheme = schemeOf(request, proxies);
    if (scheme === 'https' || scheme === 'wss') return undefined;
    const host = hostOf(request);
    if (host === undefined || host.name === '') return INVALID_HOST;
    const authority = DEFAULT_PORTS.has(host.port) ? host.name : formatHost(host);
    const path = forwardedPrefix(request, proxies) + pathOf(request);
    return redirect(`${ENCRYPTED[scheme]}://${authority}${path}`);
  };
}
