import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { IncomingRequest } from './denial.js';

export interface RequestParts {
  /** @default '/' */
  readonly target?: string;
  /** In the order of the wire; a name may come twice. @default Host: testserver */
  readonly headers?: readonly (readonly [string, string])[];
  readonly encrypted?: boolean;
  readonly remoteAddress?: string;
}

/** A request as Node's parser makes it of its head: of two Hosts, `headers` has the first. */
export function requestOf(parts: RequestParts): IncomingRequest {
  const { target = '/', headers = [['Host', 'testserver']], encrypted, remoteAddress } = parts;
  const socket = new Socket();
  Object.defineProperties(socket, {
    encrypted: { value: encrypted },
    remoteAddress: { value: remoteAddress },
  });
  const request = new IncomingMessage(socket);
  request.url = target;
  request.rawHeaders = headers.flat();
  for (const [name, value] of headers) request.headers[name.toLowerCase()] ??= value;
  return request;
}

/** A request for an address, as a client makes it. */
export function requestFor(address: string, headers: Record<string, string> = {}): IncomingRequest {
  const { protocol, pathname, search } = new URL(address);
  // Not `host`, which leaves out a default port that the caller wrote.
  const [host = ''] = address.slice(address.indexOf('//') + 2).split('/', 1);
  return requestOf({
    target: pathname + search,
    headers: [['Host', host], ...Object.entries(headers)],
    encrypted: protocol === 'https:' || protocol === 'wss:',
  });
}
