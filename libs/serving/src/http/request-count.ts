import type { IncomingMessage } from 'node:http';
import { recordOf } from './request-record.js';

/** Where a request counts as in progress, as who counts it leaves it at the request. */
export interface RequestCount {
  inProgress: number;
}

/** @param count undefined when the request is in progress no more. */
export function noteCount(request: IncomingMessage, count: RequestCount | undefined): void {
  recordOf(request).count = count;
}

export function countOf(request: IncomingMessage): RequestCount | undefined {
  return recordOf(request).count;
}
