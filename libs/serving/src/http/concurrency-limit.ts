import { TooManyRequestsError } from '../errors/serving.errors.js';

/** Counts the runs of one method, of which there may be so many at a time. */
export class ConcurrencyLimit {
  private active = 0;

  constructor(private readonly max: number) {}

  /** @throws TooManyRequestsError */
  enter(): void {
    if (this.active >= this.max) throw new TooManyRequestsError(this.max);
    this.active++;
  }

  /** A run that has been let in goes on as a stream. */
  resume(): void {
    this.active++;
  }

  leave(): void {
    this.active--;
  }
}
