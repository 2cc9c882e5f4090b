import { BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { InvalidMiddlewareError } from '../mount.errors.js';
import type { IncomingRequest } from './denial.js';

/** How the client speaks to the server, or to the proxy in front of it. */
export type Scheme = 'http' | 'https' | 'ws' | 'wss';

type Family = 'ipv4' | 'ipv6';

const MAX_PREFIX = { ipv4: 32, ipv6: 128 };
/** What a proxy may say, and whether that is encrypted. */
const FORWARDED = new Map([
  ['http', false],
  ['ws', false],
  ['https', true],
  ['wss', true],
]);

/** To ask Node's list takes two microseconds, also where it is empty. */
const NONE = new BlockList();

/** Addresses that `X-Forwarded-Proto` is believed from: IPs and CIDRs. */
export function parseTrustedProxies(trustedProxies: readonly string[]): BlockList {
  if (trustedProxies.length === 0) return NONE;
  const list = new BlockList();
  for (const proxy of trustedProxies) addProxy(list, proxy);
  return list;
}

/**
 * The scheme of a request: that of its connection, or what a trusted proxy at its other end says.
 * The first of several values counts, which is what the client itself spoke.
 */
export function schemeOf(request: IncomingRequest, trustedProxies: BlockList): Scheme {
  const isSafe = isEncrypted(request, trustedProxies);
  if (request.headers.upgrade?.toLowerCase() === 'websocket') return isSafe ? 'wss' : 'ws';
  return isSafe ? 'https' : 'http';
}

/** A path without escapes that a URL could be ended or left by. */
const PREFIX = /^(?:\/[\w.~-]+)+$/;

/** The path that a trusted proxy says it has cut off, or ''. */
export function forwardedPrefix(request: IncomingRequest, trustedProxies: BlockList): string {
  const { headers, socket } = request;
  const forwarded = headers['x-forwarded-prefix'];
  if (forwarded === undefined || !isTrusted(socket.remoteAddress, trustedProxies)) return '';
  const prefix = String(forwarded).trim().replace(/\/$/, '');
  return PREFIX.test(prefix) ? prefix : '';
}

/** Whether the client speaks TLS, with us or with a trusted proxy. */
export function isEncrypted(
  { headers, socket }: IncomingRequest,
  trustedProxies: BlockList,
): boolean {
  const own = (socket as Partial<TLSSocket>).encrypted === true;
  const forwarded = headers['x-forwarded-proto'];
  if (forwarded === undefined || !isTrusted(socket.remoteAddress, trustedProxies)) return own;
  const first = String(forwarded).split(',', 1)[0] ?? '';
  return FORWARDED.get(first.trim().toLowerCase()) ?? own;
}

export function isTrusted(address: string | undefined, trustedProxies: BlockList): boolean {
  // No address on a Unix socket.
  if (trustedProxies === NONE || address === undefined) return false;
  const [ip = ''] = address.split('%', 1);
  const family = familyOf(ip);
  return family !== undefined && trustedProxies.check(ip, family);
}

function addProxy(list: BlockList, proxy: string): void {
  const [, ip = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(proxy) ?? [];
  const family = familyOf(ip);
  if (family === undefined || Number(prefix ?? 0) > MAX_PREFIX[family]) {
    throw new InvalidMiddlewareError(
      `trustedProxies: expected an IP address or a CIDR such as '10.0.0.0/8', got ${JSON.stringify(proxy)}.`,
    );
  }
  if (prefix === undefined) list.addAddress(ip, family);
  else list.addSubnet(ip, Number(prefix), family);
}

function familyOf(ip: string): Family | undefined {
  const version = ip.includes('%') ? 0 : isIP(ip);
  if (version === 0) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
}
