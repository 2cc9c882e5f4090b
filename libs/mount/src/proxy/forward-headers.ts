import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import type { BlockList } from 'node:net';
import { NO_HOST, currentHeaders, endToEnd, takeNamedHeaders } from '../headers.js';
import { withoutOrigin } from 'bentonest/serving';
import { forwardedPrefix, isEncrypted, isTrusted } from '../middleware/scheme.js';

/** What we say ourselves: a client's own word for it would be believed. */
const OURS = new Set([
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-prefix',
  'forwarded',
  // Node has answered it by now.
  'expect',
]);

/** Where the application is mounted, and whom it may believe. */
export interface Hop {
  /** The part of the path that was cut off. */
  readonly prefix: string;
  readonly trustedProxies: BlockList;
}

/** The headers of a request for an application behind this server. */
export function forwardHeaders(
  request: IncomingMessage,
  { prefix, trustedProxies }: Hop,
): string[] {
  takeNamedHeaders(request);
  const headers = endToEnd(currentHeaders(request), isDropped);
  const { socket } = request;
  headers.push('X-Forwarded-For', addressesOf(request, trustedProxies).join(', '));
  headers.push('X-Forwarded-Proto', isEncrypted(request, trustedProxies) ? 'https' : 'http');
  const forwarded = isTrusted(socket.remoteAddress, trustedProxies)
    ? firstOf(request.headers['x-forwarded-host'])
    : undefined;
  // HTTP/2 has the host in a field of its own, which is no header of HTTP/1.
  const authority = request.headers[':authority'] as string | undefined;
  const { host: own = authority } = request.headers;
  if (request.headers.host === undefined) headers.push('Host', own ?? NO_HOST);
  const host = forwarded ?? own;
  if (host !== undefined) headers.push('X-Forwarded-Host', host);
  const whole = forwardedPrefix(request, trustedProxies) + prefix;
  if (whole !== '') headers.push('X-Forwarded-Prefix', whole);
  return headers;
}

/**
 * In CGI's variables, and so to a WSGI application, `a_b` is `a-b`: it would pass for a header that we have
 * set, or that middleware has checked; and SCRIPT_NAME moves gunicorn's path. nginx drops them, too. What
 * begins with `:` is HTTP/2's own.
 */
function isDropped(key: string): boolean {
  return OURS.has(key) || key.includes('_') || key.startsWith(':');
}

/**
 * The client's address and those of the trusted proxies behind it, this server's peer last. What stands
 * before the client's is its own word, and servers believe the first.
 */
function addressesOf({ headers, socket }: IncomingMessage, trustedProxies: BlockList): string[] {
  const addresses = [socket.remoteAddress ?? ''];
  const said = [headers['x-forwarded-for'] ?? ''].flat().join(',').split(',');
  while (isTrusted(addresses[0], trustedProxies)) {
    const address = parseAddress(said.pop());
    if (address === undefined) break;
    addresses.unshift(address);
  }
  return addresses;
}

/** Some proxies add the port: `10.0.0.1:80`, `[::1]:80`. */
function parseAddress(text = ''): string | undefined {
  const [, v6, v4] = /^\[?([\da-f:.]*:[\da-f:.]*:[\da-f:.]*)(?:\]|\]:\d+)?$|^([\d.]+)(?::\d+)?$/i.exec(text.trim()) ?? []; // prettier-ignore
  if (v4 !== undefined) return isIPv4(v4) ? v4 : undefined;
  return v6 !== undefined && isIPv6(v6) ? v6 : undefined;
}

function firstOf(value: string | string[] | undefined): string | undefined {
  const [first = ''] = [value ?? ''].flat().join(',').split(',', 1);
  return first.trim() === '' ? undefined : first.trim();
}

/** The part of the path that was cut off. */
export function prefixOf(request: IncomingMessage & { originalUrl?: string }): string {
  const { originalUrl = '', url = '/' } = request;
  const path = withoutOrigin(originalUrl);
  const rest = path.endsWith(url) ? url.length : url.length - 1;
  return path.slice(0, Math.max(0, path.length - rest));
}
