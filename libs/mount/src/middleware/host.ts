import { isIPv6 } from 'node:net';
import type { IncomingRequest } from './denial.js';

/** What a Host header names. */
export interface Host {
  /** Lower-case, without a trailing dot, an IPv6 address in brackets; empty for a request without a host. */
  readonly name: string;
  /** Empty if the header has none. */
  readonly port: string;
}

const AUTHORITY = /^(?<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?<port>\d{0,5}))?$/i;
const NAME = /^(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const MAX_NAME_LENGTH = 253;
const MAX_PORT = 65_535;
const ABSOLUTE_TARGET = /^[a-z][a-z0-9+.-]*:\/\/(?<authority>[^/?]*)(?<path>.*)$/is;

/** Of `host[:port]`; `undefined` if it is malformed. */
export function parseHost(authority: string): Host | undefined {
  const { name, port = '' } = AUTHORITY.exec(authority)?.groups ?? {};
  if (name === undefined || Number(port) > MAX_PORT) return undefined;
  const normal = name.startsWith('[') ? normalIPv6(name.slice(1, -1)) : normalName(name);
  return normal === undefined ? undefined : { name: normal, port };
}

/** As `host[:port]`. */
export function formatHost({ name, port }: Host): string {
  return port === '' ? name : `${name}:${port}`;
}

/**
 * The one host that a request is for; `undefined` if its header is malformed, is there twice, is not
 * that of an absolute target, or is missing where HTTP/1.1 has one. Node lets the first three through, and the
 * last of a request for an upgrade.
 */
export function hostOf(request: IncomingRequest): Host | undefined {
  const { headers, rawHeaders, httpVersion } = request;
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  if (count > 1) return undefined;
  const authority =
    headers[':authority'] ?? headers.host ?? (httpVersion === '1.1' ? undefined : '');
  if (typeof authority !== 'string') return undefined;
  // HTTP/1.0 needs none, and an empty one says that there is none.
  const host = authority === '' ? { name: '', port: '' } : parseHost(authority);
  if (host === undefined) return undefined;
  const inTarget = ABSOLUTE_TARGET.exec(targetOf(request))?.groups?.authority;
  return inTarget === undefined || isSame(host, parseHost(inTarget)) ? host : undefined;
}

/** Path and query of a request, as they came. */
export function pathOf(request: IncomingRequest): string {
  const target = targetOf(request);
  if (target.startsWith('/')) return target;
  const path = ABSOLUTE_TARGET.exec(target)?.groups?.path ?? '';
  return path.startsWith('/') ? path : `/${path}`;
}

/** A target in absolute form without its scheme and host, any other as it is. */
export function withoutOrigin(target: string): string {
  if (target.startsWith('/')) return target;
  return ABSOLUTE_TARGET.exec(target)?.groups?.path ?? target;
}

function targetOf({ originalUrl, url }: IncomingRequest): string {
  return originalUrl ?? url ?? '/';
}

function isSame(host: Host, other: Host | undefined): boolean {
  return host.name === other?.name && host.port === other.port;
}

function normalName(name: string): string | undefined {
  const normal = name.toLowerCase().replace(/\.$/, '');
  return normal.length <= MAX_NAME_LENGTH && NAME.test(normal) ? normal : undefined;
}

function normalIPv6(address: string): string | undefined {
  // One spelling for all of `::1`, `0:0:0:0:0:0:0:1`, `::0001`.
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname : undefined;
}
