/** Observations before a prediction is dared: nobody is refused on a cold estimate. */
const WARM_UP = 8;
/** Weight of what was known before, at each observation: the last fifty or so count. */
const MEMORY = 0.98;
/** A residual beyond this many mean residuals is an outlier and counts as if it were just that. */
const OUTLIER = 4;
/** Least residual, relative to the prediction, that counts as an outlier. */
const TOLERANCE = 0.05;

/** The coefficients of `latency(rows) = a·rows + b`, in milliseconds. */
export interface LatencyCoefficients {
  readonly a: number;
  readonly b: number;
}

/**
 * Learns how long a batch of a method takes: a decaying least-squares fit of a·rows + b. An outlier
 * (a pause of the garbage collector, a busy machine) is clipped; a lasting change widens the bounds
 * with each observation and is followed within a few of them.
 */
export class LatencyModel {
  private observations = 0;
  private weight = 0;
  private sumRows = 0;
  private sumMs = 0;
  private sumRowsRows = 0;
  private sumRowsMs = 0;
  private residual = 0;
  private fitted: LatencyCoefficients | undefined;

  observe(rows: number, ms: number): void {
    const value = this.clip(rows, ms);
    this.weight = this.weight * MEMORY + 1;
    this.sumRows = this.sumRows * MEMORY + rows;
    this.sumMs = this.sumMs * MEMORY + value;
    this.sumRowsRows = this.sumRowsRows * MEMORY + rows * rows;
    this.sumRowsMs = this.sumRowsMs * MEMORY + rows * value;
    this.observations++;
    this.fitted = undefined;
  }

  /** Undefined until enough batches were seen. */
  get coefficients(): LatencyCoefficients | undefined {
    if (this.observations < WARM_UP) return undefined;
    this.fitted ??= this.fit();
    return this.fitted;
  }

  /** Expected time of a batch, in milliseconds; undefined until enough batches were seen. */
  predict(rows: number): number | undefined {
    const { coefficients } = this;
    return coefficients === undefined ? undefined : coefficients.a * rows + coefficients.b;
  }

  /** How far predictions were off lately, in milliseconds, on average. */
  get error(): number {
    return this.residual;
  }

  private clip(rows: number, ms: number): number {
    const expected = this.predict(rows);
    if (expected === undefined) return ms;
    const residual = ms - expected;
    const bound = Math.max(OUTLIER * this.residual, TOLERANCE * expected);
    const clipped = Math.max(-bound, Math.min(bound, residual));
    this.residual = this.residual * 0.9 + Math.abs(clipped) * 0.1;
    return expected + clipped;
  }

  private fit(): LatencyCoefficients {
    const rows = this.sumRows / this.weight;
    const ms = this.sumMs / this.weight;
    const variance = this.sumRowsRows / this.weight - rows * rows;
    // Batches of one size do not tell a from b: all is b, which promises too little rather than too much.
    if (variance < 1e-6 * rows * rows) return { a: 0, b: ms };
    const a = Math.max(0, (this.sumRowsMs / this.weight - rows * ms) / variance);
    const b = ms - a * rows;
    return b >= 0 ? { a, b } : { a: this.sumRowsMs / this.sumRowsRows, b: 0 };
  }
}
