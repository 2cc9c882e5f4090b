import type { IncomingMessage, ServerResponse } from 'node:http';
import { NO_HOST, currentHeaders } from '../headers.js';
import { MountFailedError } from '../mount.errors.js';

/** An application by the standards of the web. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** Hono, and what else has its application in a method `fetch`. */
export interface FetchApp {
  fetch(request: Request, ...context: never[]): Response | Promise<Response>;
}

/** What Hono calls its bindings: Node's own request and answer. */
interface Bindings {
  readonly incoming: IncomingMessage;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

type BoundFetch = (request: Request, bindings: Bindings) => Response | Promise<Response>;

/** Marks what the application threw, among the errors of the adapter between Node and fetch. */
class FetchFailure {
  constructor(readonly thrown: unknown) {}
}

/** Serves a fetch handler; the promise is rejected with what the handler throws. */
export async function createFetchHandler(fetch: BoundFetch): Promise<Listener> {
  // Here: who mounts none of the kind shall not load it.
  const { getRequestListener } = await import('@hono/node-server');
  const failures = new WeakMap<IncomingMessage, FetchFailure>();
  const fail = (incoming: IncomingMessage, thrown: unknown): never => {
    const failure = new FetchFailure(thrown);
    failures.set(incoming, failure);
    // oxlint-disable-next-line typescript/only-throw-error -- caught by the adapter, never seen
    throw failure;
  };
  const listener = getRequestListener(
    (request, bindings) => {
      const { incoming } = bindings as Bindings;
      try {
        const response = fetch(request, { ...bindings, incoming });
        if (!(response instanceof Promise)) return check(response);
        return response.then(check).catch((error: unknown) => fail(incoming, error));
      } catch (error) {
        return fail(incoming, error);
      }
    },
    {
      overrideGlobalObjects: false,
      hostname: NO_HOST,
      // Nothing is answered yet where the application failed; else the request made no URL.
      errorHandler: (error) =>
        error instanceof FetchFailure ? undefined : new Response(null, { status: 400 }),
    },
  );
  return async (request, response) => {
    // The adapter reads these, which know of no change by middleware.
    const headers = currentHeaders(request);
    if (headers !== request.rawHeaders) request.rawHeaders = [...headers];
    await listener(request, response);
    const failure = failures.get(request);
    if (failure !== undefined) throw failure.thrown;
  };
}

function check(response: Response): Response {
  const { status, headers } = (response ?? {}) as Partial<Response>;
  if (typeof status === 'number' && headers !== undefined) return response;
  throw new MountFailedError(
    'Expected a Response from the fetch handler that is mounted, got something else. Return one from every path of it.',
  );
}
