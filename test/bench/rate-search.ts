/** Finds the highest rate that holds: doubles until one does not, then halves the gap. */
export class RateSearch {
  private holds = 0;
  private fails = Infinity;

  constructor(
    private readonly first: number,
    /** Ends when the gap is this small, relative to the rate. */
    private readonly precision = 0.04,
  ) {}

  /** The highest rate that held so far; 0 where none did. */
  get highest(): number {
    return this.holds;
  }

  /** The rate to try next, undefined at the end. */
  get next(): number | undefined {
    if (this.fails === Infinity) return this.holds === 0 ? this.first : this.holds * 2;
    if (this.holds === 0) return this.fails > 1 ? this.fails / 2 : undefined;
    if (this.fails / this.holds <= 1 + this.precision) return undefined;
    return Math.sqrt(this.holds * this.fails);
  }

  tell(rate: number, held: boolean): void {
    if (held) this.holds = Math.max(this.holds, rate);
    else this.fails = Math.min(this.fails, rate);
  }
}
