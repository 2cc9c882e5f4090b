import { channel } from 'node:diagnostics_channel';

/** A request that was answered, whatever the answer. */
export interface RequestEvent {
  /** Route template, or '' where no route matched. */
  readonly endpoint: string;
  readonly method: string;
  readonly statusCode: number;
  readonly durationMs: number;
  /** The service's name and version, '' where the route is not one of a service. */
  readonly service: string;
  readonly version: string;
}

/** Name of the channel on `node:diagnostics_channel`. */
export const REQUEST_CHANNEL = 'bentonest:serving:request';

const requests = channel(REQUEST_CHANNEL);

export function publishRequestEvent(make: () => RequestEvent): void {
  if (requests.hasSubscribers) requests.publish(make());
}
