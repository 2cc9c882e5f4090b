import { TooManyRequestsError } from '../errors/serving.errors.js';

/** Counts what runs of one thing, of which there may be so much at a time. */
export class ConcurrencyLimit {
  private active = 0;

  /**
   * @param what it is the limit of, for messages: `route`, `service` or `server`.
   * @param outer a wider limit, in which everything counts too.
   */
  constructor(
    private readonly max: number,
    private readonly what: string,
    private readonly outer?: ConcurrencyLimit,
  ) {}

  /** @throws TooManyRequestsError where `enter` would. */
  check(): void {
    if (this.active >= this.max) throw new TooManyRequestsError(this.max, this.what);
    this.outer?.check();
  }

  /** @throws TooManyRequestsError */
  enter(): void {
    this.check();
    this.resume();
  }

  /** What has been let in goes on as a stream. */
  resume(): void {
    this.active++;
    this.outer?.resume();
  }

  leave(): void {
    this.active--;
    this.outer?.leave();
  }
}
