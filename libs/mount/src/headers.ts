import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** Headers of one connection, not of the message (RFC 9110, 7.6.1), and `proxy-…`. */
const HOP_BY_HOP = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The host of a request for none, where one must be: by HTTP/1.0 none need be said. */
export const NO_HOST = 'localhost';

/** Names and values in turn, as Node's `rawHeaders`. */
export type HeaderList = readonly string[];

type Value = string | string[] | undefined;

/**
 * The headers as they came: in their order and case, each as often as it came. Middleware may have changed
 * `headers` since; what it changed is as it is there, and what it added comes last.
 */
export function currentHeaders(request: IncomingMessage): HeaderList {
  const { rawHeaders, headers } = request;
  return isUntouched(rawHeaders, headers) ? rawHeaders : mergeHeaders(request);
}

/** No header was changed, added or taken away, and none came twice. */
function isUntouched(rawHeaders: HeaderList, headers: IncomingMessage['headers']): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (headers[rawHeaders[at]?.toLowerCase() ?? ''] !== rawHeaders[at + 1]) return false;
  }
  return Object.keys(headers).length * 2 === rawHeaders.length;
}

function mergeHeaders({ rawHeaders, headers }: IncomingMessage): HeaderList {
  const came = groupByName(rawHeaders);
  const list: string[] = [];
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    const key = name.toLowerCase();
    const isFirst = !seen.has(key);
    seen.add(key);
    if (isJoined(came.get(key) ?? [], headers[key])) list.push(name, value);
    // Of some, Host for one, Node takes the first: a second opinion does not reach the application.
    else if (isFirst) push(list, name, headers[key]);
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!seen.has(name.toLowerCase())) push(list, name, value);
  }
  return list;
}

function groupByName(rawHeaders: HeaderList): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    const group = groups.get(name.toLowerCase());
    if (group === undefined) groups.set(name.toLowerCase(), [value]);
    else group.push(value);
  }
  return groups;
}

/** Whether a value is what Node makes of those that came. */
function isJoined(came: readonly string[], value: Value): boolean {
  if (Array.isArray(value)) return value.join('\n') === came.join('\n');
  return value === came.join(', ') || value === came.join('; ');
}

function push(list: string[], name: string, value: Value): void {
  for (const one of [value].flat()) {
    if (one === undefined) continue;
    check(name, one);
    list.push(name, one);
  }
}

/** What middleware has written need not be what HTTP can carry; what came is. */
function check(name: string, value: string): void {
  try {
    // Those of HTTP/2 itself begin with a colon.
    if (!name.startsWith(':')) validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (cause) {
    throw new TypeError(
      `Expected of the header ${JSON.stringify(name)}, which middleware has set for a mounted application, a name of HTTP and a value of characters up to U+00FF without control characters. Got others: encode the value, by encodeURIComponent for one.`,
      { cause },
    );
  }
}

/** Of which a message has one: Node's HTTP/2 throws at a second, and ends the server where nobody catches it. */
const SINGLE = new Set(
  [
    'access-control-allow-credentials access-control-max-age access-control-request-method age authorization',
    'content-encoding content-language content-length content-location content-md5 content-range content-type',
    'date dnt etag expires from host if-match if-modified-since if-none-match if-range if-unmodified-since',
    'last-modified location max-forwards range referer retry-after tk upgrade-insecure-requests user-agent',
    'x-content-type-options',
  ].flatMap((names) => names.split(' ')),
);

/**
 * The headers of an answer for the client, each name once: beside headers that were set before, Node's
 * writeHead keeps but the last of a name that comes again. Where one is all there may be, it is the last, which
 * is the application's: its server's come first.
 */
export function answerHeaders(rawHeaders: HeaderList): (string | string[])[] {
  const named = namedByConnection(rawHeaders);
  const list: (string | string[])[] = [];
  const places = new Map<string, number>();
  const kept = endToEnd(rawHeaders, (key) => named.has(key));
  for (let at = 0; at < kept.length; at += 2) {
    const name = kept[at] ?? '';
    const value = kept[at + 1] ?? '';
    const key = name.toLowerCase();
    const place = places.get(key);
    if (place === undefined) places.set(key, list.push(name, value) - 1);
    else if (SINGLE.has(key)) list[place] = value;
    else list[place] = [list[place] ?? '', value].flat();
  }
  return list;
}

const PLAIN = /^[\x20-\x7e]*$/;

/** The reason phrase of an answer, where the client's head may hold it; undefined is that of its status. */
export function plainPhrase(phrase: string | undefined): string | undefined {
  return phrase !== undefined && PLAIN.test(phrase) ? phrase : undefined;
}

/** The headers that are for the other end, but for those that are dropped. */
export function endToEnd(rawHeaders: HeaderList, drops: (key: string) => boolean): string[] {
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const key = name.toLowerCase();
    const isDropped = HOP_BY_HOP.has(key) || key.startsWith('proxy-') || drops(key);
    if (!isDropped) kept.push(name, rawHeaders[at + 1] ?? '');
  }
  return kept;
}

/** Connection as nearly everyone has it, which names no other header. */
const USUAL = new Set([undefined, 'keep-alive', 'close', 'Upgrade', 'upgrade']);
const taken = new WeakSet<IncomingMessage>();

/**
 * Takes what a client lists in Connection away from its request, once: later, it would take away what
 * middleware has written, or has checked, under such a name. What has been changed by then stays.
 */
export function takeNamedHeaders(request: IncomingMessage): void {
  const { headers, rawHeaders } = request;
  if (USUAL.has(headers.connection) || taken.has(request)) return;
  taken.add(request);
  const came = groupByName(rawHeaders);
  for (const key of namedByConnection(rawHeaders)) {
    if (isJoined(came.get(key) ?? [], headers[key])) delete headers[key];
  }
}

/** What a sender lists in Connection goes no further, either; but for what frames the message. */
function namedByConnection(rawHeaders: HeaderList): ReadonlySet<string> {
  const named = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'connection') continue;
    for (const token of (rawHeaders[at + 1] ?? '').split(','))
      named.add(token.trim().toLowerCase());
  }
  for (const key of ['content-length', 'host', ...HOP_BY_HOP]) named.delete(key);
  return named;
}
