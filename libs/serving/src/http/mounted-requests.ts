import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { RouteMethods } from '../errors/route-methods.js';
import { requestChannel } from '../serving.channels.js';
import type { RequestEvent, RouteInfo } from '../serving.channels.js';
import { Admission } from './admission.js';
import { whenAnswered } from './connection-end.js';
import { isOperatorRequest } from './operator-address.js';
import {
  isWhole,
  leaveToMount,
  lengthOf,
  publishStart,
  takeFromMount,
  unfinishedStatus,
} from './request-events.js';
import { recordOf } from './request-record.js';

const INTERNAL_SERVER_ERROR = 500;

/** An application in a process of its own that is mounted. */
export interface MountReadiness {
  readonly name: string;
  /** Whether it takes requests. */
  readonly isReady: () => boolean;
  /** Why it does not, where that is known, in words that everybody may read. */
  readonly reason: () => string | undefined;
}

/** A mounted application that describes itself. */
export interface MountDescription {
  /** The paths that it is mounted at, of the root `/*`. To be read after start. */
  endpoints(): readonly string[];
  /** Its OpenAPI document, as plain JSON; undefined where it has none. Rejects where it cannot be had now. */
  read(endpoint: string): Promise<unknown>;
}

/** Publishes the requests that mounted applications answer, which Fastify has no route for. */
@Injectable()
export class MountedRequests {
  private readonly routes = new Map<string, RouteInfo>();
  private readonly watched: MountReadiness[] = [];
  private readonly described: MountDescription[] = [];

  constructor(
    private readonly methods: RouteMethods,
    private readonly admission: Admission,
  ) {}

  /** How the processes of mounted applications are. */
  get readiness(): readonly MountReadiness[] {
    return this.watched;
  }

  /** Has /readyz tell how the process of a mounted application is. */
  watch(readiness: MountReadiness): void {
    this.watched.push(readiness);
  }

  /** The mounted applications that describe themselves, in the order of their start. */
  get descriptions(): readonly MountDescription[] {
    return this.described;
  }

  /** Has the API document ask a mounted application for its own. */
  describe(description: MountDescription): void {
    this.described.push(description);
  }

  /** Whether a request came by the operators' address: no mount answers there. */
  isForOperators(request: IncomingMessage): boolean {
    return isOperatorRequest(request);
  }

  /** The other methods that own routes serve a path under; none where nothing serves it. */
  otherMethodsOf(method: string, url: string): readonly string[] {
    return this.methods.findOthers(method, url);
  }

  report(request: IncomingMessage, response: ServerResponse, endpoint: string): MountedRequest {
    const admit = (): void => this.admission.admit(request, response);
    return new MountedRequest(this.routeOf(endpoint), [request, response], admit);
  }

  private routeOf(endpoint: string): RouteInfo {
    let route = this.routes.get(endpoint);
    if (route === undefined) {
      route = { endpoint, method: '', service: '', version: '', isMount: true };
      this.routes.set(endpoint, route);
    }
    return route;
  }
}

/** One request with a mounted application; it is published when its answer is out, or broken off. */
class MountedRequest {
  private readonly startedAt = performance.now();
  private hasFailed = false;

  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly forgetAnswer: () => void = () => undefined;

  constructor(
    private readonly route: RouteInfo,
    [request, response]: readonly [IncomingMessage, ServerResponse],
    /** Lets it in, or throws what is answered in the application's place. */
    readonly admit: () => void,
  ) {
    this.request = request;
    this.response = response;
    leaveToMount(response);
    // Of HTTP/2, Fastify's last hook has told it where the client left before the mount's turn.
    if (recordOf(request).isPublished) return;
    publishStart(route, request);
    this.forgetAnswer = whenAnswered(request, response, this.publish);
  }

  /** Of a request that is traced: does work with the mount's span as the current one, to the end of what it awaits. */
  get activate(): (<T>(work: () => T) => T) | undefined {
    const { trace } = recordOf(this.request);
    return trace && ((work) => trace.activate(work, true));
  }

  /** Another answers it. */
  takeBack(): void {
    takeFromMount(this.response);
    this.forgetAnswer();
  }

  /** The application failed: that its answer is not whole is not its client's doing. */
  fail(): void {
    this.hasFailed = true;
  }

  /** The connection speaks another protocol from now on, or was denied it: its own end says nothing. */
  leaveHttp(statusCode: number): void {
    this.forgetAnswer();
    this.publishAs(statusCode);
  }

  private readonly publish = (): void => {
    const { response } = this;
    const unfinished = this.hasFailed ? INTERNAL_SERVER_ERROR : unfinishedStatus(response);
    this.publishAs(isWhole(response) ? response.statusCode : unfinished);
  };

  private publishAs(statusCode: number): void {
    if (!requestChannel.hasSubscribers) return;
    const { route, request, response } = this;
    const { id: requestId, trace } = recordOf(request);
    const event = {
      route,
      requestId,
      request,
      response,
      statusCode,
      durationMs: performance.now() - this.startedAt,
      responseBytes: lengthOf(response.getHeader('content-length')),
      traceId: trace?.traceId,
      spanId: trace?.spanId,
    };
    requestChannel.publish(event satisfies RequestEvent);
  }
}
