import type { IncomingMessage } from 'node:http';
import type { ConcurrencyLimit } from './concurrency-limit.js';
import { recordOf } from './request-record.js';

/**
 * The place of one request among those that the server takes at a time. It is given up when the answer
 * is out or its client gone, and no method runs for it any more: one that has run out of time may.
 */
export class RequestPlace {
  private holders = 1;

  private constructor(private readonly limit: ConcurrencyLimit) {
    limit.enter();
  }

  /** @throws TooManyRequestsError where none is free. */
  static take(request: IncomingMessage, limit: ConcurrencyLimit): RequestPlace {
    return (recordOf(request).place = new RequestPlace(limit));
  }

  /** None where the server has no limit. */
  static of(request: IncomingMessage): RequestPlace | undefined {
    return recordOf(request).place;
  }

  /** Also after it was given up: the client of a method that runs late may have gone before. */
  hold(): void {
    if (this.holders === 0) this.limit.resume();
    this.holders++;
  }

  readonly release = (): void => {
    if (--this.holders === 0) this.limit.leave();
  };
}
