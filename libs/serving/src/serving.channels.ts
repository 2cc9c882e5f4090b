import { channel } from 'node:diagnostics_channel';

/** A route as it is reported; one object per route, so that subscribers may key what they keep by it. */
export interface RouteInfo {
  /** Route template, or '' where no route matched. */
  readonly endpoint: string;
  readonly method: string;
  /** The service's name and version, '' where the route is not one of a service. */
  readonly service: string;
  readonly version: string;
}

/** A request that was answered, whatever the answer. */
export interface RequestEvent {
  readonly route: RouteInfo;
  readonly statusCode: number;
  readonly durationMs: number;
}

/** Name of the channel on `node:diagnostics_channel`. */
export const REQUEST_CHANNEL = 'bentonest:serving:request';

/** What nobody subscribes to costs nothing: check `hasSubscribers` before an event is made. */
export const requestChannel = channel(REQUEST_CHANNEL);
