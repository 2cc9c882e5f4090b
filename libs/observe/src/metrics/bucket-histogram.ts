import type { Provider } from '@nestjs/common';
import { getToken } from '@willsoto/nestjs-prometheus';
import { Histogram, register } from 'prom-client';
import type {
  HistogramConfiguration,
  MetricObjectWithValues,
  MetricType,
  MetricValue,
} from 'prom-client';

type Labels = Readonly<Record<string, string | number>>;

/** A trace that a bucket's last value belongs to, as prom-client writes it. */
export interface Exemplar {
  readonly labelSet: Readonly<Record<string, string>>;
  readonly value: number;
  /** In seconds since 1970. */
  readonly timestamp: number;
}

type LabelledValue = MetricValue<string> & {
  readonly metricName: string;
  readonly exemplar?: Exemplar | undefined;
};

/** One label set of a {@link BucketHistogram}. */
export class BucketSeries {
  /** Values per bucket, those above the last bound at the end. */
  private readonly counts: Float64Array;
  private exemplars: (Exemplar | undefined)[] | undefined;
  private sum = 0;
  private total = 0;

  constructor(
    private readonly name: string,
    private readonly labels: Labels,
    private readonly bounds: readonly number[],
  ) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  get count(): number {
    return this.total;
  }

  /** Counts a value; of those with a trace, each bucket keeps the last. */
  record(value: number, traceId?: string): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) bucket++;
    this.counts[bucket]++;
    this.sum += value;
    this.total++;
    if (traceId === undefined) return;
    this.exemplars ??= Array<undefined>(bounds.length + 1).fill(undefined);
    this.exemplars[bucket] = {
      labelSet: { trace_id: traceId },
      value,
      timestamp: Date.now() / 1000,
    };
  }

  reset(): void {
    this.counts.fill(0);
    this.exemplars = undefined;
    this.sum = 0;
    this.total = 0;
  }

  get values(): LabelledValue[] {
    const { name, labels, bounds } = this;
    let upTo = 0;
    const buckets = [...bounds, '+Inf'].map((le, bucket) => {
      upTo += this.counts[bucket];
      const exemplar = this.exemplars?.[bucket];
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: upTo, exemplar };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.sum },
      { metricName: `${name}_count`, labels, value: this.total },
    ];
  }
}

/**
 * A histogram of prom-client whose series are counted here. prom-client finds a series by hashing its
 * labels at each observation, which took a twentieth of the time of a request; here a value costs the
 * search of its bucket.
 */
export class BucketHistogram extends Histogram {
  private readonly series = new Map<string, BucketSeries>();
  private readonly bounds: readonly number[];

  constructor(private readonly configuration: HistogramConfiguration<string>) {
    super(configuration);
    this.bounds = configuration.buckets ?? [];
  }

  /** The series of a label set; keep it, and record into it. */
  seriesOf(labels: Labels): BucketSeries {
    const key = JSON.stringify(Object.entries(labels));
    let series = this.series.get(key);
    if (series === undefined) {
      series = new BucketSeries(this.configuration.name, labels, this.bounds);
      this.series.set(key, series);
    }
    return series;
  }

  override get(): Promise<MetricObjectWithValues<LabelledValue>> {
    const { name, help, aggregator = 'sum' } = this.configuration;
    const values = [...this.series.values()].flatMap((series) => series.values);
    const collect = (): void => undefined;
    // An enum of prom-client's types that its code does not export.
    const type = 'histogram' as unknown as MetricType;
    return Promise.resolve({ name, help, aggregator, type, values, collect });
  }

  /** What the registry asks for, where it is there, when it writes the text format. */
  getForPromString(): Promise<MetricObjectWithValues<LabelledValue>> {
    return this.get();
  }

  override reset(): void {
    super.reset();
    // Its own constructor calls this before there are any.
    for (const series of this.series?.values() ?? []) series.reset();
  }
}

/** As the library's makeHistogramProvider; a second application of the process finds the first's. */
export function makeBucketHistogramProvider(
  configuration: HistogramConfiguration<string>,
): Provider {
  return {
    provide: getToken(configuration.name),
    useFactory: () =>
      register.getSingleMetric(configuration.name) ?? new BucketHistogram(configuration),
  };
}
