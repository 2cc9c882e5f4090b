/** Values that are kept before the metric gets them. */
const BUFFER_SIZE = 1024;

/** A counter's or histogram's child, as prom-client's `labels(…)` returns it. */
interface Counted {
  inc(value: number): void;
}

interface Observed {
  observe(value: number): void;
}

/**
 * A histogram of one label set, and the counter beside it. prom-client finds a child by hashing its
 * labels each time; here a value costs an array write, and the metrics are brought up to date when
 * they are collected.
 */
export class Series {
  private readonly values = new Float64Array(BUFFER_SIZE);
  private pending = 0;

  /** Values are divided by `unit` when they are observed: 1000 makes seconds of milliseconds. */
  constructor(
    private readonly histogram: Observed,
    private readonly total?: Counted,
    private readonly unit = 1000,
  ) {}

  record(value: number): void {
    this.values[this.pending++] = value;
    if (this.pending === BUFFER_SIZE) this.flush();
  }

  flush(): void {
    if (this.pending === 0) return;
    this.total?.inc(this.pending);
    for (let i = 0; i < this.pending; i++) this.histogram.observe(this.values[i] / this.unit);
    this.pending = 0;
  }
}
