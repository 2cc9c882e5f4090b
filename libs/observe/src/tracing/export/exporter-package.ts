import { importPeer } from 'bentonest/errors';

export const FEATURE = "tracing.exporter: 'otlp'";
export const EXPORTER_PACKAGE = '@opentelemetry/exporter-trace-otlp-proto';

/** @throws MissingPeerError */
export function importExporter(): Promise<
  typeof import('@opentelemetry/exporter-trace-otlp-proto')
> {
  return importPeer(
    EXPORTER_PACKAGE,
    FEATURE,
    () => import('@opentelemetry/exporter-trace-otlp-proto'),
  );
}
