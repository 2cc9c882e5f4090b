import type { InjectionToken, NestMiddleware, Type } from '@nestjs/common';
import { createFetchHandler } from './fetch/fetch-handler.js';
import type { FetchApp, FetchHandler } from './fetch/fetch-handler.js';
import { createMount } from './mounting/create-mount.js';
import type { MountedApp, UpgradeHandler } from './mounting/mounted-app.js';
import { detectKind } from './node/detect-kind.js';
import type { MountKind } from './node/detect-kind.js';
import { createExpressHandler, createFastifyHandler } from './node/node-app.js';
import type { ExpressApp, FastifyApp, KoaApp, NodeHandler } from './node/node-app.js';

/** What can be mounted. */
export type MountableApp = ExpressApp | KoaApp | FastifyApp | FetchApp | FetchHandler | NodeHandler;

/** Options of {@link mount}. */
export interface MountOptions {
  /**
   * What the application is. Detected by default; of a bare function, one parameter makes a fetch
   * handler, and more make one of `(request, response, next)`.
   */
  kind?: MountKind;
  /**
   * Takes the connections that ask for a WebSocket below the mount's path, as
   * `(request, socket, head) => server.handleUpgrade(request, socket, head, …)` of the package `ws`.
   * The middleware in front of the mount has let them pass; `request.url` begins below its path.
   *
   * @default such a request is answered by the application like any other
   */
  upgrade?: UpgradeHandler;
  /**
   * The application's own OpenAPI document (3.x), as plain JSON, or what makes it: its operations become part
   * of the server's document.
   *
   * @default none: the document has nothing of the application
   */
  openapi?: object | (() => object | Promise<object>);
}

/** Options of `mount.factory`. */
export interface MountFactoryOptions extends MountOptions {
  /** Tokens of the providers that the factory gets, as in a provider's `inject`. */
  inject?: readonly InjectionToken[];
}

interface Mount {
  /**
   * A web application as Nest middleware: it gets the requests below the path that it is applied to,
   * with that path cut off and the body unread. At the root it gets what no route answers.
   *
   * @throws InvalidMountError for what is no application.
   *
   * @example
   * consumer.apply(mount(expressApp)).forRoutes('legacy{/*splat}');
   */
  (app: FetchHandler, options: MountOptions & { kind: 'fetch' }): Type<NestMiddleware>;
  (app: NodeHandler, options: MountOptions & { kind: 'node' }): Type<NestMiddleware>;
  (app: MountableApp, options?: MountOptions): Type<NestMiddleware>;

  /**
   * The same with an application that is made at start, of providers of the module that mounts it.
   *
   * @example
   * mount.factory((runner: Runner) => createApp(runner), { inject: [getRunnerToken('iris_clf')] })
   */
  factory(
    create: (...dependencies: never[]) => MountableApp | Promise<MountableApp>,
    options?: MountFactoryOptions,
  ): Type<NestMiddleware>;
}

export const mount: Mount = Object.assign(mountApp, { factory: mountFactory });

function mountApp(app: MountableApp, options: MountOptions = {}): Type<NestMiddleware> {
  // Now, where the stack still says who mounts it.
  const kind = detectKind(app, options.kind);
  return createMount({ inject: [], create: () => createMountedApp(app, { ...options, kind }) });
}

function mountFactory(
  create: (...dependencies: never[]) => MountableApp | Promise<MountableApp>,
  { inject = [], ...options }: MountFactoryOptions = {},
): Type<NestMiddleware> {
  return createMount({
    inject,
    create: async (...dependencies) =>
      createMountedApp(await create(...(dependencies as never[])), options),
  });
}

async function createMountedApp(
  app: MountableApp,
  { kind, upgrade, openapi }: MountOptions,
): Promise<MountedApp> {
  const known = detectKind(app, kind);
  const handle = await createHandler(app, known);
  const describe = openapi && (async () => (typeof openapi === 'function' ? openapi() : openapi));
  const mounted = { handle, upgrade, describe, isHere: true };
  if (known !== 'fastify') return mounted;
  return { ...mounted, close: async () => void (await (app as FastifyApp).close()) };
}

/** The kind has been checked: it says what the application has. */
function createHandler(app: MountableApp, kind: MountKind): NodeHandler | Promise<NodeHandler> {
  switch (kind) {
    case 'express':
      return createExpressHandler(app as ExpressApp);
    case 'koa':
      return (app as KoaApp).callback();
    case 'fastify':
      return createFastifyHandler(app as FastifyApp);
    case 'hono':
      return createFetchHandler((request, bindings) =>
        (app as FetchApp).fetch(request, bindings as never),
      );
    case 'fetch':
      return createFetchHandler((request) => (app as FetchHandler)(request));
    case 'node':
      return app as NodeHandler;
  }
}
