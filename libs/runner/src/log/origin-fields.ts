import type { CallOrigin } from '../dispatch/call-origin.js';

/** Of a batch, so many requests are named in a line. */
const MOST_NAMED = 32;

/** Fields of a line that is written for one request. */
export interface OriginFields {
  readonly requestId?: string;
  readonly traceId?: string;
  readonly spanId?: string;
}

/** Of the request that a function runs for. */
export function originFields(origin: CallOrigin | undefined): OriginFields {
  if (origin === undefined) return {};
  const { requestId, traceparent } = origin;
  if (traceparent === undefined) return { requestId };
  return { requestId, traceId: traceIdOf(traceparent), spanId: traceparent.slice(36, 52) };
}

/** Fields of a line that is written for a batch. */
export interface BatchFields {
  readonly requestIds?: readonly string[];
  readonly traceIds?: readonly string[];
  /** Requests that are not named. */
  readonly moreRequests?: number;
}

/** Of the requests that a batch runs for. */
export function batchFields(origins: readonly CallOrigin[]): BatchFields {
  if (origins.length === 0) return {};
  const named = origins.slice(0, MOST_NAMED);
  const traceIds = named.flatMap(({ traceparent }) =>
    traceparent === undefined ? [] : [traceIdOf(traceparent)],
  );
  return {
    requestIds: named.map(({ requestId }) => requestId),
    ...(traceIds.length > 0 ? { traceIds: [...new Set(traceIds)] } : {}),
    ...(origins.length > MOST_NAMED ? { moreRequests: origins.length - MOST_NAMED } : {}),
  };
}

/** `00-<trace>-<span>-<flags>` */
function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
