// Sends spans to the collector, in a thread of its own: see thread-exporter.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MissingPeerError } from 'bentonest/errors';
import { EXPORTER_PACKAGE, importExporter } from './exporter-package.js';
import type { ExportThreadData, FromExportThread, ToExportThread } from './export.messages.js';
import { toReadableSpan } from './sent-span.js';

const port = parentPort;
if (port === null) throw new Error(`${EXPORTER_PACKAGE} is run in a thread of the server.`);
const tell = (message: FromExportThread): void => port.postMessage(message);

const complain = (message: string): void => tell({ type: 'complaint', message });
const ignore = (): void => undefined;
diag.setLogger(
  { error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore },
  DiagLogLevel.WARN,
);

try {
  await serve(workerData as ExportThreadData);
} catch (error) {
  if (!(error instanceof MissingPeerError)) throw error;
  tell({ type: 'missing' });
}

async function serve(data: ExportThreadData): Promise<void> {
  const { OTLPTraceExporter } = await importExporter();
  const exporter = new OTLPTraceExporter(data.exporter);
  const resource = resourceFromAttributes(data.resource);
  port?.on('message', (message: ToExportThread) => {
    if (message.type === 'end') {
      // The thread's end is the answer.
      void exporter.shutdown().finally(() => port.close());
      return;
    }
    const spans = message.spans.map((span) => toReadableSpan(span, resource));
    exporter.export(spans, ({ code, error }) => {
      tell({
        type: 'exported',
        id: message.id,
        code,
        ...(error === undefined ? {} : { error: error.message }),
      });
    });
  });
  tell({ type: 'ready' });
}
