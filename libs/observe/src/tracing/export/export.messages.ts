import type { Attributes } from '@opentelemetry/api';
import type { PlainSpan } from './span-message.js';

/** What the thread is started with. */
export interface ExportThreadData {
  /** The options of OTLPTraceExporter that differ from its own defaults. */
  readonly exporter: {
    readonly url?: string;
    readonly headers?: Record<string, string>;
    readonly timeoutMillis?: number;
  };
  readonly resource: Attributes;
}

export type ToExportThread =
  | { readonly type: 'export'; readonly id: number; readonly spans: readonly PlainSpan[] }
  | { readonly type: 'end' };

export type FromExportThread =
  | { readonly type: 'ready' }
  /** The exporter's package is not installed. */
  | { readonly type: 'missing' }
  | {
      readonly type: 'exported';
      readonly id: number;
      readonly code: number;
      readonly error?: string;
    }
  | { readonly type: 'complaint'; readonly message: string };
