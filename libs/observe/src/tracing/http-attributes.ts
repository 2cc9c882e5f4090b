import type { IncomingMessage } from 'node:http';
import type { Attributes } from '@opentelemetry/api';
import type { RequestEvent, RequestStartEvent, RouteInfo } from 'bentonest/serving';

type AnyRequest = IncomingMessage & { readonly originalUrl?: string };

/** `POST /classify`: the route's template, so that there are as many names as routes. */
export function spanNameOf({ method = 'HTTP' }: IncomingMessage, { endpoint }: RouteInfo): string {
  return endpoint === '' ? method : `${method} ${endpoint}`;
}

/** By OpenTelemetry's conventions for HTTP servers; queries, which may hold secrets, are left out. */
export function attributesOf({ request, route, requestId }: RequestStartEvent): Attributes {
  const { method, headers, httpVersion, socket } = request;
  const { originalUrl = request.url ?? '/' } = request as AnyRequest;
  const isEncrypted = 'encrypted' in socket && socket.encrypted === true;
  return {
    'http.request.method': method,
    'url.path': originalUrl.split('?', 1)[0],
    'url.scheme': isEncrypted ? 'https' : 'http',
    'http.route': route.endpoint === '' ? undefined : route.endpoint,
    'network.protocol.version': httpVersion,
    'client.address': socket.remoteAddress,
    'user_agent.original': headers['user-agent'],
    'bentonest.request.id': requestId,
    'bentonest.service': route.service === '' ? undefined : route.service,
    ...hostOf(headers.host),
  };
}

export function resultOf({ route, statusCode }: RequestEvent): Attributes {
  return {
    'http.route': route.endpoint === '' ? undefined : route.endpoint,
    'http.response.status_code': statusCode,
    'error.type': statusCode >= 500 ? String(statusCode) : undefined,
  };
}

function hostOf(host: string | undefined): Attributes {
  const [, address, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host ?? '') ?? [];
  return {
    'server.address': address === '' ? undefined : address,
    'server.port': port === undefined ? undefined : Number(port),
  };
}
