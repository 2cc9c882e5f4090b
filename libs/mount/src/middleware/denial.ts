import type { ServerResponse } from 'node:http';
import type { TargetedRequest } from 'bentonest/serving';

export type IncomingRequest = TargetedRequest;

/** The answer to a request, or to the wish for a WebSocket, that goes no further. */
export interface Denial {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Decides on a request by its head alone; `undefined` lets it pass. */
export type RequestCheck = (request: IncomingRequest) => Denial | undefined;

/** The answer to a Host header that is missing, malformed, there twice, or not allowed. */
export const INVALID_HOST: Denial = {
  statusCode: 400,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'Invalid host header',
};

/** 307, so that the method and the body come again, too. */
export function redirect(location: string): Denial {
  return { statusCode: 307, headers: { location: quote(location) }, body: '' };
}

/** Answers with a denial. */
export function deny(response: ServerResponse, { statusCode, headers, body }: Denial): void {
  response.writeHead(statusCode, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
  response.end(body);
}

/** Percent-encodes what no URL may have; a target is latin-1, so that each character is one byte. */
function quote(url: string): string {
  return url.replace(
    /[^\w:/%#?=@[\]!$&'()*+,;.~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
