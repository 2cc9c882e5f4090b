import {
  collectProcessMetrics,
  decodeMetrics,
  encodeMetrics,
  isTotal,
} from '../exposition/collected-metric.js';
import type { CollectedMetric } from '../exposition/collected-metric.js';
import { mergeReports } from '../exposition/merge-reports.js';
import type { CollectedReport, EncodedMetrics, MemberChannel } from './metrics.messages.js';

/** How long a process may take to tell its metrics, in milliseconds; then what it told before counts. */
const REPORT_WITHIN_MS = 1000;

/** What one process has told. */
interface Member {
  readonly process: string;
  /** All that it counts; the totals that it told since then. */
  report?: EncodedMetrics | undefined;
  totals?: EncodedMetrics | undefined;
}

/** Members that are to report, for one that asks. */
interface Round {
  readonly silent: Set<MemberChannel>;
  readonly reports: Map<MemberChannel, EncodedMetrics>;
  readonly finish: () => void;
}

/** In the first process of several: collects the metrics of all, and keeps the totals of the dead. */
export class MetricsCollector {
  private readonly members = new Map<MemberChannel, Member>();
  private readonly rounds = new Map<number, Round>();
  private roundCount = 0;
  private ofTheDead: readonly CollectedMetric[] = [];

  /** Another process, which is asked from its first message until its channel ends. */
  connect(channel: MemberChannel): void {
    channel.onMessage((message) => {
      if (message.type === 'totals') {
        const { process, metrics: totals, isLast } = message;
        this.members.set(channel, { ...this.members.get(channel), process, totals });
        if (isLast) channel.send({ type: 'noted' });
      } else {
        this.take(channel, message.metrics);
        if (message.type === 'collect') void this.collect(channel, message.request);
        else this.note(channel, message);
      }
    });
    channel.onClose(() => this.bury(channel));
  }

  private take(channel: MemberChannel, report: EncodedMetrics): void {
    const member = this.members.get(channel);
    if (member === undefined) return;
    this.members.set(channel, { process: member.process, report });
  }

  private note(
    channel: MemberChannel,
    { request, metrics }: { readonly request: number; readonly metrics: EncodedMetrics },
  ): void {
    const round = this.rounds.get(request);
    if (round === undefined) return;
    round.reports.set(channel, metrics);
    this.strike(round, channel);
  }

  private strike(round: Round, channel: MemberChannel): void {
    round.silent.delete(channel);
    if (round.silent.size === 0) round.finish();
  }

  private bury(channel: MemberChannel): void {
    const member = this.members.get(channel);
    this.members.delete(channel);
    if (member !== undefined) {
      const reports = [this.ofTheDead, totalsOf(member)].map((metrics) => ({
        process: '',
        metrics,
      }));
      this.ofTheDead = mergeReports(reports);
    }
    for (const round of this.rounds.values()) this.strike(round, channel);
  }

  /** Asks all others, and answers with what all have told. */
  private async collect(asker: MemberChannel, request: number): Promise<void> {
    const own = await collectProcessMetrics();
    const others = [...this.members.keys()].filter((channel) => channel !== asker);
    const round = ++this.roundCount;
    const reports = new Map<MemberChannel, EncodedMetrics>();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, REPORT_WITHIN_MS);
      const finish = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.rounds.set(round, { silent: new Set(others), reports, finish });
      for (const other of others) other.send({ type: 'report', request: round });
      if (others.length === 0) finish();
    });
    this.rounds.delete(round);
    // At once, lest one that ends meanwhile count among the living and among the dead.
    const collected = [...this.members].map(([channel, member]): CollectedReport => {
      const reported = channel === asker ? member.report : reports.get(channel);
      return { process: member.process, metrics: reported ?? encodeMetrics(totalsOf(member)) };
    });
    const dead = { process: '', metrics: encodeMetrics(this.ofTheDead) };
    const primary = { process: 'primary', metrics: encodeMetrics(own) };
    asker.send({ type: 'collected', request, reports: [...collected, dead, primary] });
  }
}

/** What counts of a process that does not answer any more. */
function totalsOf({ report, totals }: Member): CollectedMetric[] {
  const byName = new Map<string, CollectedMetric>();
  for (const text of [report, totals]) {
    if (text === undefined) continue;
    for (const metric of decodeMetrics(text)) byName.set(metric.name, metric);
  }
  return [...byName.values()].filter((metric) => isTotal(metric));
}
