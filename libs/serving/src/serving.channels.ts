import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A route as it is reported; one object per route, so that subscribers may key what they keep by it. */
export interface RouteInfo {
  /** Route template, or '' where no route matched. */
  readonly endpoint: string;
  readonly method: string;
  /** The service's name and version, '' where the route is not one of a service. */
  readonly service: string;
  readonly version: string;
  /** A mounted application: what is asked of it below the endpoint is its own affair. */
  readonly isMount?: true;
}

/**
 * A request that has come in for a route or a mount. Each is followed by one {@link RequestEvent} with
 * the same `request`, whose route is another one where a mount has given the request back.
 */
export interface RequestStartEvent {
  readonly route: RouteInfo;
  readonly requestId: string;
  readonly request: IncomingMessage;
}

/** A request that was answered, whatever the answer. */
export interface RequestEvent extends RequestStartEvent {
  readonly response: ServerResponse;
  readonly statusCode: number;
  readonly durationMs: number;
  /** The answer's content-length; undefined for one that went out in chunks. */
  readonly responseBytes: number | string | undefined;
  /** Where the request is traced, and by sampling recorded: 32 and 16 hexadecimal digits. */
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
}

/** What Node's parser refused and answered: there was no request yet. */
export interface ClientErrorEvent {
  readonly statusCode: number;
  /** Of the answer. */
  readonly requestId: string;
  readonly remoteAddress: string | undefined;
}

/** Names of the channels on `node:diagnostics_channel`. */
export const REQUEST_START_CHANNEL = 'bentonest:serving:request-start';
export const REQUEST_CHANNEL = 'bentonest:serving:request';
export const CLIENT_ERROR_CHANNEL = 'bentonest:serving:client-error';

/** What nobody subscribes to costs nothing: check `hasSubscribers` before an event is made. */
export const requestStartChannel = channel(REQUEST_START_CHANNEL);
export const requestChannel = channel(REQUEST_CHANNEL);
export const clientErrorChannel = channel(CLIENT_ERROR_CHANNEL);
