import type { IncomingMessage } from 'node:http';
import { recordOf } from './request-record.js';

/** A request that is traced, as who traces it leaves it at the request when it comes in. */
export interface RequestTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** Of the request's span, 16 hexadecimal digits. */
  readonly spanId: string;
  /** Of the request's span, as W3C's header of this name has it. */
  readonly traceparent: string;
  /** Does a part of the request's work, which gets a span of its own. */
  measure<T>(part: string, work: () => T): T;
  /**
   * Calls a handler with the request's span as the current one, or that of the mount that it is with, for
   * spans of the application's own. Of one that is not `async`, until it returns.
   */
  activate<T>(handler: () => T, isAsync: boolean): T;
}

/** Marks a request as traced; called by a subscriber of its start. */
export function traceRequest(request: IncomingMessage, trace: RequestTrace): void {
  recordOf(request).trace = trace;
}

/** The trace of a request; undefined for most, which cost no more than this. */
export function traceOf(request: IncomingMessage): RequestTrace | undefined {
  return recordOf(request).trace;
}
