import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { takeNamedHeaders } from '../headers.js';
import { withoutOrigin } from 'bentonest/serving';
import { MountFailedError } from '../mount.errors.js';
import type { MountSurroundings } from './mount-surroundings.js';
import type { Next } from './mounted-app.js';
import { Registrations } from './registrations.js';
import { Upgrades, upgradeOf } from './upgrades.js';

/** Answers a request in the place of a 404. */
type Fallback = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown;

/** The pattern of `forRoutes` by which a request has come to the middleware that runs now, until it returns. */
const running = { pattern: '/' };
const FALLBACKS = Symbol('bentonest.mount-fallbacks');

export type MountRequest = IncomingMessage & {
  originalUrl?: string;
  [FALLBACKS]?: Fallback[];
};

const hosts = new WeakMap<FastifyAdapter, MountHost>();

/** What the mounts of one server share. */
export class MountHost {
  readonly registrations = new Registrations();
  private surroundings: MountSurroundings | undefined;
  private upgrades: Upgrades | undefined;

  /** To be called before Nest registers middleware, and after the adapter's `init`. */
  static of(adapter: FastifyAdapter): MountHost {
    const known = hosts.get(adapter);
    if (known !== undefined) return known;
    const host = new MountHost(adapter);
    hosts.set(adapter, host);
    return host;
  }

  private constructor(private readonly adapter: FastifyAdapter) {
    notePatterns(adapter, this.registrations);
    this.answerUnmatched(adapter.getInstance());
  }

  use(surroundings: MountSurroundings | undefined): void {
    this.surroundings = surroundings;
  }

  /** From now on, connections may change their protocol. */
  takeUpgrades(): void {
    this.upgrades ??= new Upgrades(this.adapter.getInstance());
  }

  /** Ends the connections that have changed it: the server waits for them, and nobody else ends them. */
  endUpgrades(): void {
    this.upgrades?.end();
  }

  /** Fastify's hook after all middleware, and before it reads the body: a mount gets it unread. */
  private answerUnmatched(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      const raw = request.raw as MountRequest;
      const fallbacks = raw[FALLBACKS];
      const upgrade = upgradeOf(raw);
      const path = withoutOrigin(request.originalUrl);
      const isFree = request.is404 && !this.isServedOtherwise(request.method, path);
      if (fallbacks !== undefined && isFree) {
        void runInTurn(fallbacks, [raw, reply.raw, (error) => done(error as Error | undefined)]);
      } else if (upgrade?.passOn(reply.raw) !== true) {
        done();
      }
    });
  }

  private isServedOtherwise(method: string, url: string): boolean {
    return (this.surroundings?.otherMethodsOf(method, url).length ?? 0) > 0;
  }
}

/**
 * The pattern of `forRoutes` by which a request has come to the middleware that calls this, before its first
 * `await`. A note of it at the request would have to be taken away again for Express, which costs.
 */
export function runningPattern(): string {
  return running.pattern;
}

/** Has a request answered by `fallback` when no route does. */
export function addFallback(request: MountRequest, fallback: Fallback): void {
  (request[FALLBACKS] ??= []).push(fallback);
}

/** Nest tells a middleware the request, but not which of its patterns matched. */
function notePatterns(adapter: FastifyAdapter, registrations: Registrations): void {
  const createFactory = adapter.createMiddlewareFactory.bind(adapter);
  adapter.createMiddlewareFactory = async (method) => {
    const onPattern = registrations.take();
    const register = await createFactory(method);
    return (path, callback) => {
      onPattern?.(path);
      register(path, (request: MountRequest, response: ServerResponse, next: Next): unknown => {
        takeNamedHeaders(request);
        running.pattern = path;
        return callback(request, response, next) as unknown;
      });
    };
  };
}

/** Each is asked in turn: one that passes on is followed by the next, and the last by Nest's 404. */
async function runInTurn(
  [first, ...others]: readonly Fallback[],
  [request, response, next]: readonly [IncomingMessage, ServerResponse, Next],
): Promise<void> {
  if (first === undefined) {
    next();
    return;
  }
  let isOver = false;
  const once = (step: () => unknown): void => {
    if (isOver) return;
    isOver = true;
    step();
  };
  const passOn: Next = (error) =>
    once(() => {
      if (error === undefined || error === null) {
        return runInTurn(others, [request, response, next]);
      }
      return next(error);
    });
  try {
    await first(request, response, passOn);
  } catch (error) {
    // Without an error, Fastify would go on.
    once(() => next(error ?? new MountFailedError(THROWN_NOTHING)));
  }
}

const THROWN_NOTHING =
  'Expected an answer or an error from the application that is mounted here, but it threw nothing at all. Throw an Error.';
