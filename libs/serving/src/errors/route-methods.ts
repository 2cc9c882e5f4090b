import { Injectable } from '@nestjs/common';
import createRouter from 'find-my-way';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { addressOf, isServedAt } from '../http/operator-address.js';

type Router = ReturnType<typeof createRouter>;
type RouterMethod = Parameters<Router['find']>[0];

/** Routes of everything, such as a preflight's: that they match says nothing of a path. */
const CATCH_ALL = new Set(['*', '/*']);

/** Options of Fastify's router that decide what matches a path. */
const ROUTER_OPTIONS = [
  'caseSensitive',
  'ignoreTrailingSlash',
  'ignoreDuplicateSlashes',
  'maxParamLength',
  'allowUnsafeRegex',
  'useSemicolonDelimiter',
];

/**
 * Knows under which methods a path is served, which Fastify's own router does not tell: to it, a path
 * under another method is an unknown one. The second router is built when it is first asked.
 */
@Injectable()
export class RouteMethods {
  private readonly methodsOf = new Map<string, Set<string>>();
  /** What is at the operators' address alone, where the server has one. */
  private readonly ofOperators = new Set<string>();
  private hasOperators = false;
  private fastify: FastifyInstance | undefined;
  private router: Router | undefined;
  /** Every path, whatever its methods. */
  private paths: Router | undefined;
  /** All that any path is served under. */
  private methods: readonly string[] = [];

  /** Notes the routes that are added from now on. */
  observe(fastify: FastifyInstance): void {
    this.fastify = fastify;
    this.methodsOf.clear();
    this.ofOperators.clear();
    fastify.addHook('onRoute', (route) => this.add(route));
  }

  /** The server has an address of the operators: what is only there is an unknown path to the world. */
  leaveToOperators(): void {
    this.hasOperators = true;
    this.router = undefined;
  }

  /** The other methods that serve a path; none where this one does too, for another version or host. */
  findOthers(method: string, url: string): readonly string[] {
    this.router ??= this.buildRouter();
    const { router, paths, methods } = this;
    // A mount at the root asks about all that it answers: one look instead of one for each method.
    if (paths?.find('GET', url) === null) return [];
    const found = methods.filter((each) => router.find(each as RouterMethod, url) !== null);
    return found.includes(method) ? [] : found.toSorted();
  }

  private add({ method, url, config }: RouteOptions): void {
    if (CATCH_ALL.has(url) || addressOf(config) === 'operators-only') return;
    if (!isServedAt(config, false)) this.ofOperators.add(url);
    const methods = this.methodsOf.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    this.methodsOf.set(url, methods);
    this.router = undefined;
  }

  private buildRouter(): Router {
    this.methods = [...new Set([...this.methodsOf.values()].flatMap((each) => [...each]))];
    const { initialConfig } = this.fastify ?? {};
    // The application may have set these at the top level or below it; functions stay out.
    const set = { ...initialConfig, ...initialConfig?.routerOptions } as Record<string, unknown>;
    const options = ROUTER_OPTIONS.filter((name) => set[name] !== undefined);
    const routerOptions = Object.fromEntries(options.map((name) => [name, set[name]]));
    const router = createRouter(routerOptions);
    this.paths = createRouter(routerOptions);
    for (const [url, methods] of this.methodsOf) {
      if (this.hasOperators && this.ofOperators.has(url)) continue;
      router.on([...methods] as RouterMethod[], url, noHandler);
      this.paths.on('GET', url, noHandler);
    }
    return router;
  }
}

function noHandler(): void {}
