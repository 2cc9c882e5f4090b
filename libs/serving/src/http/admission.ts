import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { RawServerBase, RouteOptions, onRequestHookHandler } from 'fastify';
import { getApiRoute, isInfrastructure } from '../api-route.js';
import { ServerOverloadedError } from '../errors/serving.errors.js';
import { SERVING_OPTIONS, resolveServingOptions } from '../serving.options.js';
import type { ServingOptions } from '../serving.options.js';
import { setDefaultTimeout } from './method-timeout.js';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { whenAnswered } from './connection-end.js';
import { EventLoopLag } from './event-loop-lag.js';
import { RequestPlace } from './request-place.js';

type Check = (request: IncomingMessage, response: ServerResponse) => void;

/** Decides which requests come in: as many as the server's limits allow. */
@Injectable()
export class Admission {
  private readonly checks: readonly Check[];
  private readonly lag: EventLoopLag | undefined;
  private readonly timeoutMs: number | undefined;

  constructor(@Optional() @Inject(SERVING_OPTIONS) options: ServingOptions = {}) {
    const { maxConcurrency, maxEventLoopLagMs, timeoutMs } = resolveServingOptions(options);
    this.timeoutMs = timeoutMs;
    this.lag = maxEventLoopLagMs === undefined ? undefined : new EventLoopLag(maxEventLoopLagMs);
    const limit =
      maxConcurrency === undefined ? undefined : new ConcurrencyLimit(maxConcurrency, 'server');
    this.checks = [
      ...(this.lag === undefined ? [] : [refuseWhileLagging(this.lag)]),
      ...(limit === undefined ? [] : [takePlace(limit)]),
    ];
  }

  /** Measures the load of a server for as long as it listens. */
  watch(server: RawServerBase): void {
    const { lag } = this;
    if (lag === undefined) return;
    server.on('listening', () => lag.start());
    server.on('close', () => lag.stop());
  }

  /** Lets in a request that no route is for. @throws TooManyRequestsError, ServerOverloadedError */
  admit(request: IncomingMessage, response: ServerResponse): void {
    for (const check of this.checks) check(request, response);
  }

  /** The hook of a route, or none where nothing limits it: what is not asked for costs nothing. */
  hooksOf({ config, method }: Pick<RouteOptions, 'config' | 'method'>): onRequestHookHandler[] {
    if (isInfrastructure(config) || method === 'OPTIONS') return [];
    const route = getApiRoute(config);
    const { checks } = this;
    const timeoutMs =
      route === undefined || route.limits.timeoutMs !== undefined ? undefined : this.timeoutMs;
    const limit = route?.limits.concurrency;
    if (checks.length === 0 && limit === undefined && timeoutMs === undefined) return [];
    const hook: onRequestHookHandler = (request, reply, done) => {
      try {
        // Before the body is read. The method's own run is what counts in its limit.
        limit?.check();
        for (const check of checks) check(request.raw, reply.raw);
      } catch (error) {
        done(error as Error);
        return;
      }
      if (timeoutMs !== undefined) setDefaultTimeout(request, timeoutMs);
      done();
    };
    return [hook];
  }
}

function refuseWhileLagging(lag: EventLoopLag): Check {
  return () => {
    if (lag.isTooLong) throw new ServerOverloadedError();
  };
}

function takePlace(limit: ConcurrencyLimit): Check {
  return (request, response) => {
    // A mount that passed the request on has taken one for it.
    if (RequestPlace.of(request) !== undefined) return;
    const place = RequestPlace.take(request, limit);
    whenAnswered(request, response, place.release);
  };
}
