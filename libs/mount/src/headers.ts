import type { IncomingMessage } from 'node:http';

/** Headers of one connection, not of the message (RFC 9110, 7.6.1), and `proxy-…`. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

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

/** Names and values in turn, as Node's `rawHeaders`. */
export type HeaderList = readonly string[];

/** The headers as they are by now: middleware may have changed them since they came. */
export function currentHeaders({ headers }: IncomingMessage): string[] {
  const list: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) list.push(name, one);
    }
  }
  return list;
}

/** The headers of a request for an application at `prefix`. */
export function forwardHeaders(request: IncomingMessage, prefix: string): string[] {
  const headers = endToEnd(currentHeaders(request), OURS);
  const { socket } = request;
  const isEncrypted = 'encrypted' in socket && socket.encrypted === true;
  headers.push('X-Forwarded-For', socket.remoteAddress ?? '');
  headers.push('X-Forwarded-Proto', isEncrypted ? 'https' : 'http');
  if (request.headers.host !== undefined) headers.push('X-Forwarded-Host', request.headers.host);
  if (prefix !== '') headers.push('X-Forwarded-Prefix', prefix);
  return headers;
}

/** The headers of an answer for the client. */
export function answerHeaders(rawHeaders: HeaderList): string[] {
  return endToEnd(rawHeaders);
}

function endToEnd(rawHeaders: HeaderList, others: ReadonlySet<string> = new Set()): string[] {
  const named = namedByConnection(rawHeaders);
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const key = name.toLowerCase();
    const isDropped =
      HOP_BY_HOP.has(key) || key.startsWith('proxy-') || named.has(key) || others.has(key);
    if (!isDropped) kept.push(name, rawHeaders[at + 1] ?? '');
  }
  return kept;
}

/** What a sender lists in Connection goes no further, either; but for what frames the message. */
function namedByConnection(rawHeaders: HeaderList): ReadonlySet<string> {
  const named = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'connection') continue;
    for (const token of (rawHeaders[at + 1] ?? '').split(','))
      named.add(token.trim().toLowerCase());
  }
  named.delete('content-length');
  named.delete('host');
  return named;
}
