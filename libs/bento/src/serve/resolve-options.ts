import { ServiceConfigurationError } from 'bentonest/errors';
import { mergeConfig } from 'bentonest/config';
import type { ConfigValues } from 'bentonest/config';
import { availableCores } from 'bentonest/runner';
import type { ResolvedServeOptions, ServeOptions } from './serve.options.js';

/** The longest time that a timer of Node's takes. */
const MAX_MS = 2 ** 31 - 1;
const MIN_TOKEN = 22;

/**
 * What the code says, with what operators have set over it, and the defaults.
 *
 * @throws ServiceConfigurationError naming the option.
 */
export function resolveOptions(options: ServeOptions, values: ConfigValues): ResolvedServeOptions {
  const { server = {}, ssl, cors, admin } = values;
  const { host, port, backlog, workers, maxRuntimeMs, http2, trustProxy, securityHeaders } = server;
  const ofServer = {
    host,
    port,
    backlog,
    workers,
    maxRuntimeMs,
    http2,
    trustProxy,
    securityHeaders,
  };
  const merged = mergeConfig(options, { ...ofServer, ssl, cors, admin });
  const { workers: count = 1 } = merged;
  const resolved = {
    ...merged,
    host: merged.host ?? 'localhost',
    port: merged.port ?? 3000,
    backlog: merged.backlog ?? 511,
    workers: count === 'auto' ? availableCores() : count,
  };
  requireInteger('port', resolved.port, [0, 65_535]);
  requireInteger('workers', resolved.workers, [1, 1024]);
  const { maxRuntimeMs: runtimeMs } = resolved;
  if (runtimeMs !== undefined) requireInteger('maxRuntimeMs', runtimeMs, [1000, MAX_MS]);
  checkToken(resolved);
  checkTls(resolved);
  checkCors(resolved);
  return resolved;
}

function checkToken({ admin }: ServeOptions): void {
  if (admin?.token === undefined || admin.token.length >= MIN_TOKEN) return;
  throw refuse('admin.token', `a text of ${MIN_TOKEN} characters or more`, 'a shorter one');
}

function checkTls({ ssl }: ServeOptions): void {
  if (ssl === undefined) return;
  const { certFile, keyFile, caFile, requestClientCert } = ssl;
  if (certFile === undefined || keyFile === undefined) {
    throw refuse('ssl', 'certFile and keyFile, both', JSON.stringify({ certFile, keyFile }));
  }
  if (requestClientCert === true && caFile === undefined) {
    throw refuse('ssl', 'caFile where requestClientCert is true', 'none');
  }
}

function checkCors({ cors }: ServeOptions): void {
  if (cors === undefined || cors.enabled === false) return;
  const { origins = [], credentials } = cors;
  if (origins.length === 0) throw refuse('cors', 'origins, or ["*"] for all', 'none');
  if (credentials === true && origins.includes('*')) {
    throw refuse('cors', 'origins by name where credentials is true', '"*"');
  }
}

function requireInteger(
  name: string,
  value: number,
  [least, most]: readonly [number, number],
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw refuse(name, `a whole number from ${least} to ${most}`, JSON.stringify(value));
}

function refuse(option: string, expected: string, got: string): ServiceConfigurationError {
  return new ServiceConfigurationError(
    `Expected ${option} of the server to be ${expected}, got ${got}.`,
    { details: { option } },
  );
}
