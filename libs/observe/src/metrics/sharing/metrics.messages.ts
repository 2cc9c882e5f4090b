import type { SharingChannel } from 'bentonest/runner';

/** Metrics, as `encodeMetrics` writes them: who hands them on does not read them. */
export type EncodedMetrics = string;

export type MessageFromMember =
  /** What it has counted so far; `isLast` when it counts no more, and waits to be told. */
  | {
      readonly type: 'totals';
      readonly process: string;
      readonly metrics: EncodedMetrics;
      readonly isLast: boolean;
    }
  /** Asks for those of all, and tells its own. */
  | { readonly type: 'collect'; readonly request: number; readonly metrics: EncodedMetrics }
  | { readonly type: 'report'; readonly request: number; readonly metrics: EncodedMetrics };

export interface CollectedReport {
  readonly process: string;
  readonly metrics: EncodedMetrics;
}

export type MessageFromCollector =
  | { readonly type: 'report'; readonly request: number }
  | {
      readonly type: 'collected';
      readonly request: number;
      readonly reports: readonly CollectedReport[];
    }
  | { readonly type: 'noted' };

/** To the process that collects, and from it. */
export type CollectorChannel = SharingChannel<MessageFromMember, MessageFromCollector>;
export type MemberChannel = SharingChannel<MessageFromCollector, MessageFromMember>;
