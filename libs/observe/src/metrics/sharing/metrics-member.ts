import {
  collectMetrics,
  collectTotals,
  decodeMetrics,
  encodeMetrics,
} from '../exposition/collected-metric.js';
import type { CollectedMetric } from '../exposition/collected-metric.js';
import { mergeReports } from '../exposition/merge-reports.js';
import type { ProcessReport } from '../exposition/merge-reports.js';
import { MetricsUnavailableError } from '../../observe.errors.js';
import type { CollectorChannel } from './metrics.messages.js';

/** Of a process that is killed, what it counted in this time is lost, in milliseconds. */
const TOTALS_EVERY_MS = 1000;
/**
 * While nobody has asked for metrics for this time, no totals are told: to write them costs a server with
 * many series some milliseconds. Of a process that is killed then, those of the last question count.
 */
const ASKED_WITHIN_MS = 120_000;
/** The collector answers sooner: it does not wait for silent processes so long. */
const COLLECTED_WITHIN_MS = 3000;
const NOTED_WITHIN_MS = 500;

/** Has the module's exposition take the metrics of all processes of the server. */
export const METRICS_SHARING = Symbol('bentonest.metrics-sharing');

/** One of several processes whose metrics are one. */
export class MetricsMember {
  private readonly waiting = new Map<number, (reports: readonly ProcessReport[]) => void>();
  private requests = 0;
  private timer: NodeJS.Timeout | undefined;
  private askedAt = 0;
  private isCounting = false;
  private told = '';
  private whenNoted: (() => void) | undefined;

  constructor(
    private readonly process: string,
    private readonly collector: CollectorChannel,
  ) {
    collector.onMessage((message) => {
      if (message.type === 'report') void this.report(message.request);
      else if (message.type === 'noted') this.whenNoted?.();
      else {
        const reports = message.reports.map(({ process: name, metrics }) => ({
          process: name,
          metrics: decodeMetrics(metrics),
        }));
        this.waiting.get(message.request)?.(reports);
      }
    });
  }

  /** From now on, what is counted here counts, also if this process is killed. */
  async start(): Promise<void> {
    this.isCounting = true;
    await this.tellTotals();
    this.keepTelling();
  }

  /** Tells what was counted to the end. */
  async stop(): Promise<void> {
    if (!this.isCounting) return;
    this.isCounting = false;
    clearInterval(this.timer);
    let timer: NodeJS.Timeout | undefined;
    const noted = new Promise<void>((resolve) => {
      this.whenNoted = resolve;
      timer = setTimeout(resolve, NOTED_WITHIN_MS);
    });
    await this.tellTotals(true);
    await noted;
    clearTimeout(timer);
  }

  /** Tells totals for as long as somebody asks for metrics. */
  private keepTelling(): void {
    this.askedAt = performance.now();
    if (!this.isCounting || this.timer !== undefined) return;
    this.timer = setInterval(() => {
      if (performance.now() - this.askedAt < ASKED_WITHIN_MS) {
        void this.tellTotals();
        return;
      }
      clearInterval(this.timer);
      this.timer = undefined;
    }, TOTALS_EVERY_MS).unref();
  }

  /**
   * The metrics of all processes, as one.
   *
   * @throws MetricsUnavailableError when the collecting process does not answer.
   */
  async collect(): Promise<CollectedMetric[]> {
    this.keepTelling();
    const metrics = encodeMetrics(await collectMetrics());
    const request = ++this.requests;
    let timer: NodeJS.Timeout | undefined;
    const collected = new Promise<readonly ProcessReport[]>((resolve, reject) => {
      this.waiting.set(request, resolve);
      timer = setTimeout(() => reject(new MetricsUnavailableError()), COLLECTED_WITHIN_MS).unref();
    });
    this.collector.send({ type: 'collect', request, metrics });
    try {
      return mergeReports(await collected);
    } finally {
      clearTimeout(timer);
      this.waiting.delete(request);
    }
  }

  private async report(request: number): Promise<void> {
    this.keepTelling();
    const metrics = encodeMetrics(await collectMetrics());
    this.collector.send({ type: 'report', request, metrics });
  }

  private async tellTotals(isLast = false): Promise<void> {
    const metrics = encodeMetrics(await collectTotals());
    if (metrics === this.told && !isLast) return;
    this.told = metrics;
    this.collector.send({ type: 'totals', process: this.process, metrics, isLast });
  }
}
