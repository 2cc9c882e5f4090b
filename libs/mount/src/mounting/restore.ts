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
 * text does not have, a reason phrase or a second value that no answer may have. What is returned takes it back.
 */
export function rememberHead(response: ServerResponse): () => void {
  const before = response.getHeaders();
  return () => {
    if (response.headersSent) return;
    for (const name of response.getHeaderNames()) {
      if (before[name] === undefined) remove(response, name);
    }
    for (const [name, value] of Object.entries(before)) {
      if (value !== undefined) response.setHeader(name, value);
    }
    // In HTTP/2 there is none, and to set it is warned of.
    if (response instanceof ServerResponse) response.statusMessage = '';
  };
}

/** In HTTP/2 a date that is removed stays as it was, and Node writes none in its place in either. */
function remove(response: ServerResponse, name: string): void {
  if (name === 'date') response.setHeader(name, new Date().toUTCString());
  else response.removeHeader(name);
}

function restorePrototype(target: object, prototype: object | undefined): void {
  if (prototype === undefined || Object.getPrototypeOf(target) === prototype) return;
  Object.setPrototypeOf(target, prototype);
}
