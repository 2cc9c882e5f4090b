import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { MissingPeerError } from 'bentonest/errors';
import type { ExportThreadData, FromExportThread, ToExportThread } from './export.messages.js';
import { EXPORTER_PACKAGE, FEATURE } from './exporter-package.js';
import { toPlainSpan } from './span-message.js';

/** `code` as ExportResultCode of @opentelemetry/core has it. */
type Exported = (result: { readonly code: number; readonly error?: Error }) => void;

const THREAD = new URL('./export-thread.js', import.meta.url);
const FAILED = 1;

/**
 * OTLPTraceExporter in a thread of its own. An HTTP client in the server's thread makes Node's HTTP
 * server slower for good: both run the same functions of `node:_http_outgoing` and the streams, which
 * V8 had compiled for the server's objects alone (--trace-deopt shows them thrown away by "wrong map").
 */
export class ThreadExporter implements SpanExporter {
  private readonly exports = new Map<number, Exported>();
  private nextId = 0;
  private failure: Error | undefined;

  private constructor(private readonly thread: Worker) {
    thread.on('message', (message: FromExportThread) => this.hear(message));
    thread.on('error', (error: Error) => this.fail(error));
    thread.on('exit', () => this.fail(new Error('The thread that sends spans has ended.')));
    // It has no work of its own that a process should wait for.
    thread.unref();
  }

  /** @throws MissingPeerError where the exporter's package is not installed. */
  static async start(
    data: ExportThreadData,
    complain: (message: string) => void,
  ): Promise<ThreadExporter> {
    // Flags of the process, such as what it is to load first, are for the server's own thread.
    const thread = new Worker(THREAD, { workerData: data, execArgv: [] });
    const first = await new Promise<FromExportThread>((resolve, reject) => {
      thread.once('error', reject);
      // It may complain before it is ready, of a variable that it cannot read, say.
      thread.on('message', (message: FromExportThread) => {
        if (message.type === 'complaint') complain(message.message);
        else resolve(message);
      });
    });
    if (first.type !== 'missing') return new ThreadExporter(thread);
    await thread.terminate();
    throw new MissingPeerError(EXPORTER_PACKAGE, FEATURE);
  }

  export(spans: ReadableSpan[], done: Exported): void {
    if (this.failure !== undefined) {
      done({ code: FAILED, error: this.failure });
      return;
    }
    const id = this.nextId++;
    this.exports.set(id, done);
    this.tell({ type: 'export', id, spans: spans.map((span) => toPlainSpan(span)) });
  }

  async shutdown(): Promise<void> {
    if (this.failure !== undefined) return;
    const ended = once(this.thread, 'exit');
    this.thread.ref();
    this.tell({ type: 'end' });
    await ended;
  }

  /** Ends the thread, whatever it does; after `shutdown` has taken too long. */
  async terminate(): Promise<void> {
    await this.thread.terminate();
  }

  private tell(message: ToExportThread): void {
    this.thread.postMessage(message);
  }

  private hear(message: FromExportThread): void {
    if (message.type !== 'exported') return;
    const { id, code, error } = message;
    const done = this.exports.get(id);
    this.exports.delete(id);
    done?.(error === undefined ? { code } : { code, error: new Error(error) });
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const done of this.exports.values()) done({ code: FAILED, error: this.failure });
    this.exports.clear();
  }
}
