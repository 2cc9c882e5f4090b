import { Logger } from '@nestjs/common';
import type { Context, DiagLogger } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace-node';
import { importPeer } from 'bentonest/errors';
import { RequestContextManager } from '../context-manager.js';
import type { OtelApi, Tracing } from '../otel.js';
import type { OtlpOptions, ResolvedTracingOptions } from '../tracing.options.js';
import type { ExportThreadData } from './export.messages.js';
import { FEATURE } from './exporter-package.js';
import { ThreadExporter } from './thread-exporter.js';

/** For the spans that are left at the end; the rest of the shutdown is not kept waiting for longer. */
const FLUSH_MS = 3_000;
const COMPLAINT_EVERY_MS = 60_000;

/** The SDK that sends spans to a collector, registered for the whole process. */
export interface OtlpExporter {
  readonly contextManager: RequestContextManager;
  readonly sampled: Tracing['sampled'];
  /** Sends what is left, and unregisters it. */
  shutdown(): Promise<void>;
}

/** @throws MissingPeerError where a package of OpenTelemetry's is not installed. */
export async function startOtlpExporter(
  otel: OtelApi,
  { sampleRate, serviceName, otlp }: ResolvedTracingOptions,
): Promise<OtlpExporter> {
  const [sdk, resources] = await Promise.all([
    importPeer(
      '@opentelemetry/sdk-trace-node',
      FEATURE,
      () => import('@opentelemetry/sdk-trace-node'),
    ),
    importPeer('@opentelemetry/resources', FEATURE, () => import('@opentelemetry/resources')),
  ]);
  const complaints = new ExportComplaints();
  otel.diag.setLogger(complaints, otel.DiagLogLevel.WARN);
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } = resources;
  const resource = defaultResource()
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes({ 'service.name': serviceName, 'process.pid': process.pid }));
  // Requests are chosen before there is a span; what the application traces beside them is chosen here.
  const isChosen = otel.createContextKey('bentonest.sampled');
  const others = new sdk.ParentBasedSampler({
    root: new sdk.TraceIdRatioBasedSampler(sampleRate),
  });
  const sampler: Sampler = {
    shouldSample: (context, ...rest) =>
      context.getValue(isChosen) === true
        ? { decision: sdk.SamplingDecision.RECORD_AND_SAMPLED }
        : others.shouldSample(context, ...rest),
    toString: () => 'BentoNest',
  };
  const exporter = await ThreadExporter.start(
    { exporter: toExporterConfig(otlp), resource: resource.attributes },
    (message) => complaints.error(message),
  );
  const spanProcessors = [new sdk.BatchSpanProcessor(exporter)];
  const provider = new sdk.NodeTracerProvider({ resource, sampler, spanProcessors });
  const contextManager = new RequestContextManager(otel.ROOT_CONTEXT);
  provider.register({ contextManager });
  return {
    contextManager,
    sampled: (context: Context) => context.setValue(isChosen, true),
    shutdown: async () => {
      await flush(provider, complaints);
      await exporter.terminate();
      for (const api of [otel.trace, otel.context, otel.propagation, otel.diag]) api.disable();
    },
  };
}

function toExporterConfig({
  endpoint,
  headers,
  timeoutMs,
}: OtlpOptions): ExportThreadData['exporter'] {
  const url = endpoint === undefined ? undefined : new URL(endpoint);
  if (url?.pathname === '/') url.pathname = '/v1/traces';
  return {
    ...(url === undefined ? {} : { url: url.href }),
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(timeoutMs === undefined ? {} : { timeoutMillis: timeoutMs }),
  };
}

async function flush(
  provider: { shutdown(): Promise<void> },
  complaints: ExportComplaints,
): Promise<void> {
  try {
    const isSent = await isDoneIn(FLUSH_MS, provider.shutdown());
    if (!isSent) complaints.error(`the collector did not answer in ${FLUSH_MS} ms`);
  } catch (error) {
    complaints.error(String(error));
  }
}

async function isDoneIn(ms: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A collector that is down would be told of with every export. */
class ExportComplaints implements DiagLogger {
  private readonly logger = new Logger('Tracing');
  private quietUntil = 0;

  error(message: string): void {
    const now = performance.now();
    if (now < this.quietUntil) return;
    this.quietUntil = now + COMPLAINT_EVERY_MS;
    this.logger.warn(`Spans were not sent: ${reasonOf(message)}`);
  }

  warn(message: string): void {
    this.error(message);
  }

  info(): void {}
  debug(): void {}
  verbose(): void {}
}

/** The SDK writes errors as JSON, with their stack. */
function reasonOf(message: string): string {
  const { message: told } = /"message":"(?<message>(?:[^"\\]|\\.)*)"/.exec(message)?.groups ?? {};
  return (told ?? message.split('\n', 1)[0]).slice(0, 300);
}
