import type { IncomingMessage } from 'node:http';
import type { RequestCount } from './request-count.js';
import type { RequestPlace } from './request-place.js';
import type { RequestTrace } from './request-trace.js';

/**
 * What is noted of one request, all in one object of one shape. Notes on Node's own objects give those
 * that have one (a traced request in a hundred) another shape than the rest, and Node's code, compiled
 * for one shape, is slower for every request from then on.
 */
export class RequestRecord {
  /** Set before Fastify calls its first hook. */
  id = '';
  trace: RequestTrace | undefined = undefined;
  place: RequestPlace | undefined = undefined;
  count: RequestCount | undefined = undefined;
  /** What will be sent is a service's result and no error, or lines of JSON that are written already. */
  result: boolean | 'lines' = false;
  /** The time that its method has where it has none of its own. */
  timeoutMs: number | undefined = undefined;
  onTimeout: ((error: Error) => void) | undefined = undefined;
  /** It came by the operators' address. */
  isOfOperators = false;
  /** The answer is published as the mount's, not as that of a route. */
  isMounted = false;
  isPublished = false;
  /** Status of what Node's parser refused in the middle of it, which was answered past the response. */
  answeredBeside: number | undefined = undefined;
}

const RECORD = Symbol('bentonest.request-record');

type RecordedRequest = IncomingMessage & { [RECORD]?: RequestRecord };

export function recordOf(request: IncomingMessage): RequestRecord {
  const recorded: RecordedRequest = request;
  return (recorded[RECORD] ??= new RequestRecord());
}
