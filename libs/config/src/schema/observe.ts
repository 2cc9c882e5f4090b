import * as v from 'valibot';
import { flag, key, milliseconds, oneOf, ratio, record, section, text, texts } from './key.js';

const SECONDS = v.pipe(
  v.array(v.number('ascending seconds above 0'), 'ascending seconds above 0'),
  v.check(
    (bounds) => bounds.length > 0 && bounds.every((bound, at) => bound > (bounds[at - 1] ?? 0)),
    'ascending seconds above 0',
  ),
);
const NAMESPACE = v.pipe(
  v.string('letters, digits and _, not a digit first'),
  v.regex(/^[a-zA-Z_]\w*$/, 'letters, digits and _, not a digit first'),
);
const PATH = v.pipe(
  v.string('a path that starts with /'),
  v.startsWith('/', 'a path that starts with /'),
);

export const observeKeys = {
  metrics: section({
    enabled: key(flag(), { description: 'Serves metrics for Prometheus.', default: true }),
    path: key(PATH, { description: 'Where they are served.', default: '/metrics' }),
    namespace: key(NAMESPACE, {
      description: "What BentoML's names of metrics begin with.",
      default: 'bentoml',
    }),
    durationBuckets: key(SECONDS, {
      description: 'Upper bounds of the buckets of durations, in seconds.',
      default: "(BentoML's: 0.005 to 180)",
    }),
    defaultMetrics: key(flag(), {
      description: 'Metrics of the process: memory, CPU, event loop.',
      default: true,
    }),
    exemplars: key(flag(), {
      description: 'Trace ids beside durations, for scrapers that take OpenMetrics.',
      default: true,
    }),
  }),
  health: section({
    enabled: key(flag(), { description: 'Serves /livez, /readyz and /healthz.', default: true }),
    indicatorTimeoutMs: key(milliseconds(), {
      description: "Time for the check of an application's own indicator.",
      default: 1000,
    }),
    indicatorMaxAgeMs: key(milliseconds(0), {
      description: 'For how long what it said holds.',
      default: 1000,
    }),
  }),
  logging: section({
    enabled: key(flag(), {
      description: "Logs by pino; false: by Nest's own logger.",
      default: true,
    }),
    level: key(oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), {
      description: 'Least level that is logged.',
      default: 'info',
    }),
    format: key(oneOf('auto', 'json', 'pretty'), {
      description: 'auto: pretty on a terminal, else JSON.',
      default: 'auto',
    }),
    redact: key(texts(), {
      description:
        "Paths that are hidden, as pino's redact takes them, beside those that always are.",
      default: [],
    }),
    access: section({
      enabled: key(flag(), { description: 'A line for each request.', default: true }),
      fields: key(texts(), {
        description: 'What the line has.',
        default: '(all but remoteAddress, userAgent, requestType and query)',
      }),
      skipPaths: key(texts(), {
        description: 'Routes without a line.',
        default: '(health and metrics)',
      }),
    }),
  }),
  tracing: section({
    enabled: key(flag(), {
      description: 'Spans by OpenTelemetry, where there is an exporter or an SDK.',
      default: true,
    }),
    sampleRate: key(ratio(), {
      description: 'Share of the requests that is traced, where they do not say themselves.',
      default: 1,
    }),
    excludedUrls: key(texts(), {
      description:
        'Routes that are not traced, by their template; a * at the end stands for any rest.',
      default: '(health and metrics)',
    }),
    serviceName: key(text(), {
      description: 'Name of the whole in traces.',
      default: '(OTEL_SERVICE_NAME, else bentonest)',
    }),
    exporter: key(oneOf('none', 'otlp'), {
      description: 'none: to the SDK that the application has registered, if any.',
      default: 'none',
    }),
    otlp: section({
      endpoint: key(text(), {
        description: 'Where the collector takes traces over HTTP.',
        default: "(OpenTelemetry's variables, else http://localhost:4318)",
      }),
      headers: key(record(text(), 'a section of header names and texts'), {
        description: 'Headers for the collector.',
        isSecret: true,
      }),
      timeoutMs: key(milliseconds(), { description: 'Time for an export.', default: 10_000 }),
    }),
  }),
  docs: section({
    enabled: key(flag(), { description: 'Serves the API document and Swagger UI.', default: true }),
    path: key(PATH, { description: 'Where Swagger UI is.', default: '/' }),
    jsonPath: key(PATH, { description: 'Where the document is.', default: '/docs.json' }),
    title: key(text(), { description: 'Title of the document.', default: "(the service's name)" }),
    version: key(text(), {
      description: 'Version in the document.',
      default: "(the service's version)",
    }),
    description: key(text(), { description: 'What the document says first, in Markdown.' }),
    mounts: key(flag(), {
      description: 'The document has the operations of mounted applications.',
      default: true,
    }),
  }),
};
