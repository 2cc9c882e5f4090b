import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { RouteMethods } from '../errors/route-methods.js';
import { requestChannel } from '../serving.channels.js';
import type { RequestEvent, RouteInfo } from '../serving.channels.js';
import {
  leaveToMount,
  publishStart,
  requestIdOf,
  takeFromMount,
  unfinishedStatus,
} from './request-events.js';

const SWITCHING_PROTOCOLS = 101;
const INTERNAL_SERVER_ERROR = 500;

/** Publishes the requests that mounted applications answer, which Fastify has no route for. */
@Injectable()
export class MountedRequests {
  private readonly routes = new Map<string, RouteInfo>();

  constructor(private readonly methods: RouteMethods) {}

  /** The other methods that own routes serve a path under; none where nothing serves it. */
  otherMethodsOf(method: string, url: string): readonly string[] {
    return this.methods.findOthers(method, url);
  }

  report(request: IncomingMessage, response: ServerResponse, endpoint: string): MountedRequest {
    return new MountedRequest(this.routeOf(endpoint), request, response);
  }

  reportUpgrade(request: IncomingMessage, response: ServerResponse, endpoint: string): void {
    const route = this.routeOf(endpoint);
    publishStart(route, request);
    publish({ route, request, response, statusCode: SWITCHING_PROTOCOLS, durationMs: 0 });
  }

  private routeOf(endpoint: string): RouteInfo {
    let route = this.routes.get(endpoint);
    if (route === undefined) {
      route = { endpoint, method: '', service: '', version: '' };
      this.routes.set(endpoint, route);
    }
    return route;
  }
}

/** One request with a mounted application; it is published when its answer is out, or broken off. */
class MountedRequest {
  private readonly startedAt = performance.now();
  private hasFailed = false;

  constructor(
    private readonly route: RouteInfo,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {
    publishStart(route, request);
    leaveToMount(response);
    response.once('close', this.publish);
  }

  /** Another answers it. */
  takeBack(): void {
    takeFromMount(this.response);
    this.response.removeListener('close', this.publish);
  }

  /** The application failed: that its answer is not whole is not its client's doing. */
  fail(): void {
    this.hasFailed = true;
  }

  private readonly publish = (): void => {
    const { route, request, response } = this;
    const unfinished = this.hasFailed ? INTERNAL_SERVER_ERROR : unfinishedStatus(response);
    // HTTP/2 does not tell.
    const isWhole = (response.writableFinished as boolean | undefined) !== false;
    const statusCode = isWhole ? response.statusCode : unfinished;
    publish({
      route,
      request,
      response,
      statusCode,
      durationMs: performance.now() - this.startedAt,
    });
  };
}

function publish(event: Omit<RequestEvent, 'requestId'>): void {
  if (!requestChannel.hasSubscribers) return;
  requestChannel.publish({
    ...event,
    requestId: requestIdOf(event.request),
  } satisfies RequestEvent);
}
