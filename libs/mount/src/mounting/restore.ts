import { ServerResponse } from 'node:http';
import type { MountRequest } from './mount-host.js';
import { cutSegments } from './mount-path.js';

/** Gives the application the request below the mount's path; what is returned undoes it. */
export function prepare(
  request: MountRequest,
  response: ServerResponse,
  segments: number,
): () => void {
  const { url } = request;
  const prototypes = [Object.getPrototypeOf(request), Object.getPrototypeOf(response)] as object[];
  request.url = cutSegments(request.originalUrl ?? url ?? '/', segments);
  return () => {
    request.url = url;
    // Express puts prototypes of its own in their place, which Nest takes for an answer of Fastify's.
    restorePrototype(request, prototypes[0]);
    restorePrototype(response, prototypes[1]);
  };
}

/**
 * What an application has set of its answer when it fails is none of the error's: a coding that the error's
 * text does not have, or a reason phrase that no answer may have. What is returned takes it back.
 */
export function rememberHead(response: ServerResponse): () => void {
  const before = new Set(response.getHeaderNames());
  return () => {
    if (response.headersSent) return;
    for (const name of response.getHeaderNames()) {
      if (!before.has(name)) response.removeHeader(name);
    }
    // In HTTP/2 there is none, and to set it is warned of.
    if (response instanceof ServerResponse) response.statusMessage = '';
  };
}

function restorePrototype(target: object, prototype: object | undefined): void {
  if (prototype === undefined || Object.getPrototypeOf(target) === prototype) return;
  Object.setPrototypeOf(target, prototype);
}
