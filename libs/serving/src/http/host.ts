import { isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** A request as Node has it; Nest has put its whole target aside, for `url` is cut to the route's part. */
export type TargetedRequest = IncomingMessage & { readonly originalUrl?: string };

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
const SLASH = 0x2f;
const NAME_OF_HOST = 'host'.length;
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
 * The one host that a request is for; `undefined` if its header is malformed, is there twice, is not that of an
 * absolute target or of HTTP/2's `:authority`, or is missing where HTTP/1.1 has one. Node lets all through but the
 * last, and that, too, of a request for an upgrade.
 */
export function hostOf(request: TargetedRequest): Host | undefined {
  const { headers, rawHeaders, httpVersion } = request;
  if (isTwice(rawHeaders)) return undefined;
  const named = headers[':authority'] as string | undefined;
  const authority = named ?? headers.host ?? (httpVersion === '1.1' ? undefined : '');
  if (authority === undefined) return undefined;
  // HTTP/1.0 needs none, and an empty one says that there is none.
  const host =
    authority === '' ? { name: '', port: '' } : (parseHost(authority) ?? parseBare(named));
  if (host === undefined) return undefined;
  const inTarget = ABSOLUTE_TARGET.exec(targetOf(request))?.groups?.authority;
  const others = [inTarget, named === undefined ? undefined : headers.host];
  const isOne = others.every((other) => other === undefined || isSame(host, parseHost(other)));
  return isOne ? host : undefined;
}

/** Node's own client of HTTP/2 leaves out the brackets of an address, and never the port. */
function parseBare(authority = ''): Host | undefined {
  const at = authority.lastIndexOf(':');
  return parseHost(`[${authority.slice(0, at)}]${authority.slice(at)}`);
}

function isTwice(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === NAME_OF_HOST && name.toLowerCase() === 'host') count++;
  }
  return count > 1;
}

/** Headers that are well-formed: nearly all requests have one of a few. */
const known = new Set<string>();
const MAX_KNOWN = 100;
let latest = '';

/**
 * Whether all agree which host a request is for, as {@link hostOf} says. It is asked of every request: what a
 * header was found to be is kept, and names are told by their length as long as one only may be Host.
 */
export function hasOneHost(request: TargetedRequest): boolean {
  const { headers, rawHeaders, httpVersionMajor } = request;
  const { host } = headers;
  const isPath = httpVersionMajor === 1 && targetOf(request).charCodeAt(0) === SLASH;
  if (!isPath || host === undefined || (host !== latest && !isKnown(host))) return check(request);
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.length === NAME_OF_HOST) count++;
  }
  return count < 2 || check(request);
}

function isKnown(host: string): boolean {
  if (!known.has(host)) return false;
  latest = host;
  return true;
}

function check(request: TargetedRequest): boolean {
  if (hostOf(request) === undefined) return false;
  const { host } = request.headers;
  if (known.size === MAX_KNOWN) known.clear();
  if (host !== undefined) known.add(host);
  return true;
}

/** Path and query of a request, as they came. */
export function pathOf(request: TargetedRequest): string {
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

function targetOf({ originalUrl, url }: TargetedRequest): string {
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
