import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** Sends bytes as they are and reads until the server closes. */
export async function sendRaw(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  return text(socket);
}

/** A request without a body; its connection ends with the answer. */
export function getRaw(path: string, ...headers: readonly string[]): string {
  return [`GET ${path} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n');
}

/** The same by HTTP/1.0, which needs no Host. */
export function getRawByHttp10(path: string, ...headers: readonly string[]): string {
  return [`GET ${path} HTTP/1.0`, ...headers, '', ''].join('\r\n');
}

/** Status codes of all answers of a connection: more than one if a second request was smuggled in. */
export function statuses(received: string): string[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status ?? '');
}

/** Requests of which two servers might not agree where they end: name, headers, and what follows them. */
export const SMUGGLED: readonly (readonly [string, readonly string[], string])[] = [
  ['two lengths', ['Content-Length: 0', 'Content-Length: 48'], ''],
  ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
  ['an unknown coding', ['Transfer-Encoding: chunked, gzip'], '0\r\n\r\n'],
  ['a folded coding', ['Transfer-Encoding:', ' chunked', 'Content-Length: 5'], '0\r\n\r\n'],
  ['a folded header', ['X-Folded: a', ' b', 'Content-Length: 0'], ''],
  ['a space before the colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
  ['a chunk that is no chunk', ['Transfer-Encoding: chunked'], 'x\r\n\r\n'],
  ['a chunk longer than it says', ['Transfer-Encoding: chunked'], '1\r\nhello\r\n0\r\n\r\n'],
];

/** Lines of which two servers might not agree which host a request is for. */
export const AMBIGUOUS_HOSTS: readonly (readonly [string, readonly string[]])[] = [
  ['two Hosts', ['Host: x', 'Host: y']],
  ['the same Host twice', ['Host: x', 'host: x']],
  ['a Host with a path', ['Host: x/evil']],
  ['a Host with a user', ['Host: x@evil.example']],
  ['a Host that is a list', ['Host: x, y']],
  ['a Host whose port is none', ['Host: x:port']],
];
