import * as v from 'valibot';
import { flag, integer, key, milliseconds, oneOf, section, serveKey, text, texts } from './key.js';

const PORT = integer(0, 65_535);
const CORES = v.union(
  [integer(1, 1024), v.literal('auto')],
  'a whole number from 1 to 1024, or auto',
);
const PROXIES = v.union([flag(), texts()], 'true, false, or a list of addresses');

export const serverKeys = {
  server: section({
    host: serveKey(text(), {
      description: 'Address to listen at; 0.0.0.0 in a container.',
      default: 'localhost',
    }),
    port: serveKey(PORT, { description: 'Port to listen at.', default: 3000 }),
    backlog: serveKey(integer(1, 65_535), {
      description: 'Connections that wait to be accepted.',
      default: 511,
    }),
    workers: serveKey(CORES, {
      description: 'Processes that serve the API; auto: one for each core.',
      default: 1,
    }),
    maxRuntimeMs: serveKey(milliseconds(1000), {
      description: 'An API process is replaced after this time, without losing a request.',
    }),
    timeoutMs: key(milliseconds(), {
      description: 'Time that a method of a service may take; then 504.',
    }),
    requestTimeoutMs: key(milliseconds(0), {
      description: 'Time for a whole request to arrive; then 408. 0: no limit.',
      default: 300_000,
    }),
    headersTimeoutMs: key(milliseconds(0), {
      description: 'Time for the head of a request to arrive; then 408. 0: no limit.',
      default: 10_000,
    }),
    bodyIdleTimeoutMs: key(milliseconds(0), {
      description: 'Time for which nothing more of a body may come; then 408. 0: no limit.',
      default: 30_000,
    }),
    keepAliveTimeoutMs: key(milliseconds(), {
      description: 'Time that a connection is kept open between two requests.',
      default: 72_000,
    }),
    preStopDelayMs: key(milliseconds(0), {
      description: 'Time between /readyz saying 503 and the end of listening, for load balancers.',
      default: 0,
    }),
    shutdownGraceMs: key(milliseconds(0), {
      description: 'Time that a closing server has; then it ends with what is unfinished.',
      default: 10_000,
    }),
    maxConcurrency: key(integer(1, 1_000_000), {
      description: 'Requests that one process works on at a time; those beyond get 429.',
    }),
    maxEventLoopLagMs: key(milliseconds(), {
      description:
        'Lag of the event loop above which requests get 503; unset: they never do for that.',
    }),
    bodyLimitBytes: key(integer(1, 2 ** 40), {
      description: 'Largest body, in bytes.',
      default: '(20 MiB of services, 1 MiB of others)',
    }),
    trustProxy: serveKey(PROXIES, {
      description:
        'Whose X-Forwarded-* headers are believed: of nobody, of everybody, or of addresses and networks.',
      default: false,
    }),
    http2: serveKey(flag(), {
      description: 'HTTP/2; with TLS, HTTP/1.1 is served beside it.',
      default: false,
    }),
    securityHeaders: serveKey(flag(), {
      description: "helmet's security headers (needs @fastify/helmet).",
      default: false,
    }),
  }),
  admin: section({
    port: serveKey(PORT, {
      description:
        'Port of an address of its own for /metrics, health and the log level; the main one then serves no /metrics.',
    }),
    host: serveKey(text(), { description: 'Address of the admin port.', default: 'localhost' }),
    token: serveKey(v.pipe(text(), v.minLength(22, 'a text of 22 characters or more')), {
      description:
        'Bearer token, of 22 characters or more, that changes need there; without one there are none.',
      isSecret: true,
    }),
  }),
  ssl: section({
    certFile: serveKey(text(), {
      description:
        'Certificate chain, PEM. With keyFile it turns TLS on; both are read again when they change.',
    }),
    keyFile: serveKey(text(), { description: 'Private key, PEM.' }),
    caFile: serveKey(text(), {
      description: 'Certificates of those who sign client certificates, PEM.',
    }),
    passphrase: serveKey(text(), { description: 'Of the private key.', isSecret: true }),
    minVersion: serveKey(oneOf('TLSv1.2', 'TLSv1.3'), {
      description: 'Oldest version of TLS.',
      default: 'TLSv1.2',
    }),
    requestClientCert: serveKey(flag(), {
      description: 'Only clients with a certificate of caFile are served.',
      default: false,
    }),
  }),
  cors: section({
    enabled: serveKey(flag(), {
      description: 'Answers browsers of other origins.',
      default: '(true where another key of cors is set, else false)',
      impliedValue: true,
    }),
    origins: serveKey(texts(), {
      description: 'Origins that may call, such as https://app.example.com; "*" is all.',
      default: [],
    }),
    methods: serveKey(texts(), {
      description: 'Methods that they may use.',
      default: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    }),
    allowedHeaders: serveKey(texts(), {
      description: 'Headers that they may send.',
      default: '(those that they ask for)',
    }),
    exposedHeaders: serveKey(texts(), { description: 'Headers that they may read.', default: [] }),
    credentials: serveKey(flag(), {
      description: 'Whether cookies and credentials go with it.',
      default: false,
    }),
    maxAgeSeconds: serveKey(integer(0, 86_400), {
      description: 'Time for which a browser remembers, in seconds.',
    }),
  }),
};
