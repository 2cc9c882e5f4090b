import type { IncomingMessage } from 'node:http';
import type { RequestEvent } from 'bentonest/serving';

/** Fields that a route, a method and a status decide: written once for all their lines. */
export const STATIC_FIELDS = ['method', 'route', 'service', 'status'] as const;

/** What each request has of its own, as JSON with a comma before it; nothing where there is none. */
type WriteField = (event: RequestEvent, route: AccessRoute) => string;

/** What there is to know of a route. */
export interface AccessRoute {
  /** The path says more than the template. */
  readonly hasOwnPaths: boolean;
}

/** More of what a client sends than this is not logged, in characters. */
const MAX_CLIENT_TEXT = 512;

export const DYNAMIC_FIELDS = {
  path: ({ request }, { hasOwnPaths }) =>
    hasOwnPaths ? text('path', withoutQuery(urlOf(request))) : '',
  durationMs: ({ durationMs }) => `,"durationMs":${toDecimal(durationMs)}`,
  requestBytes: ({ request }) => size('requestBytes', request.headers['content-length']),
  responseBytes: ({ responseBytes }) => size('responseBytes', responseBytes),
  requestId: ({ requestId }) => text('requestId', requestId),
  traceId: ({ traceId }) => text('traceId', traceId),
  spanId: ({ spanId }) => text('spanId', spanId),
  remoteAddress: ({ request }) => text('remoteAddress', request.socket.remoteAddress),
  userAgent: ({ request }) => text('userAgent', request.headers['user-agent']),
  requestType: ({ request }) => text('requestType', request.headers['content-type']),
  query: ({ request }) => text('query', queryOf(urlOf(request))),
} satisfies Readonly<Record<string, WriteField>>;

export type AccessField = (typeof STATIC_FIELDS)[number] | keyof typeof DYNAMIC_FIELDS;

export const ACCESS_FIELDS: readonly AccessField[] = [
  ...STATIC_FIELDS,
  ...(Object.keys(DYNAMIC_FIELDS) as (keyof typeof DYNAMIC_FIELDS)[]),
];

const ABOUT_CLIENTS: readonly AccessField[] = [
  'remoteAddress',
  'userAgent',
  'requestType',
  'query',
];

/** A query may have secrets in it, and addresses are personal: who wants them asks for them. */
export const DEFAULT_ACCESS_FIELDS: readonly AccessField[] = ACCESS_FIELDS.filter(
  (field) => !ABOUT_CLIENTS.includes(field),
);

/** Milliseconds to the microsecond. Writing a fraction takes V8 ten times as long as two integers. */
function toDecimal(ms: number): string {
  const us = Math.round(ms * 1000);
  const rest = us % 1000;
  const whole = String((us - rest) / 1000);
  if (rest === 0) return whole;
  const digits = rest < 10 ? `00${rest}` : rest < 100 ? `0${rest}` : String(rest);
  return `${whole}.${digits}`;
}

/** Nothing of it is written otherwise in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

function text(field: string, value: string | undefined): string {
  if (value === undefined || value === '') return '';
  const told = value.length > MAX_CLIENT_TEXT ? value.slice(0, MAX_CLIENT_TEXT) : value;
  return PLAIN.test(told) ? `,"${field}":"${told}"` : `,"${field}":${JSON.stringify(told)}`;
}

/** Of a body that comes or goes in chunks, no size is known. */
function size(field: string, length: string | number | undefined): string {
  if (length === undefined) return '';
  const bytes = Number(length);
  return Number.isFinite(bytes) ? `,"${field}":${bytes}` : '';
}

/** A mounted application sees its own part of the path only. */
function urlOf(request: IncomingMessage & { readonly originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? '';
}

function withoutQuery(url: string): string {
  const at = url.indexOf('?');
  return at === -1 ? url : url.slice(0, at);
}

function queryOf(url: string): string {
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at + 1);
}
