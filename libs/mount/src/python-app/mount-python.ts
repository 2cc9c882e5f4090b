import { Agent } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlockList } from 'node:net';
import { Logger } from '@nestjs/common';
import type { NestMiddleware, Type } from '@nestjs/common';
import { RunnerRegistry, SocketFolder } from 'bentonest/runner';
import { parseTrustedProxies } from '../middleware/scheme.js';
import { MountUnavailableError } from '../mount.errors.js';
import { createMount } from '../mounting/create-mount.js';
import type { MountedApp } from '../mounting/mounted-app.js';
import { AppSupervisor } from '../process/app-supervisor.js';
import type { ProxyTarget } from '../proxy/exchange.js';
import { fetchDocument } from '../proxy/fetch-document.js';
import { forwardRequest } from '../proxy/forward-request.js';
import type { ForwardEvents } from '../proxy/forward-request.js';
import { JoinedSockets } from '../proxy/joined-sockets.js';
import { checkOptions } from './check-options.js';
import type { PythonAppOptions } from './python-app.options.js';
import { createServerCommand } from './server-command.js';
import type { Interface } from './server-command.js';

const DEFAULT_TIMEOUT_MS = 60_000;
/** Less than the servers' own: they do not close a connection that we are about to use. */
const IDLE_MS = 30_000;

/**
 * A real ASGI application (FastAPI, Starlette, Django) as Nest middleware: uvicorn runs it in a process
 * of its own, which starts and ends with the server and is replaced when it dies. Requests, answers and
 * WebSockets go through as they come. In it, `from bentonest import get_runner` reaches the runners.
 *
 * @example
 * consumer
 *   .apply(mountAsgi({ app: 'main:app', cwd: 'python', requirements: ['fastapi', 'uvicorn', 'numpy'] }))
 *   .forRoutes('py{/*splat}');
 * @throws InvalidMountError for a name that is none, InvalidMiddlewareError for a proxy that is none. At
 * start: MountStartError with the error that the application printed, PythonEnvironmentError.
 */
export function mountAsgi(options: PythonAppOptions): Type<NestMiddleware> {
  return mountPython('asgi', options);
}

/**
 * A real WSGI application (Flask, Django) as Nest middleware: gunicorn runs it, with four threads. See
 * {@link mountAsgi}.
 *
 * @throws InvalidMountError, MountStartError, PythonEnvironmentError
 */
export function mountWsgi(options: PythonAppOptions): Type<NestMiddleware> {
  return mountPython('wsgi', options);
}

function mountPython(kind: Interface, options: PythonAppOptions): Type<NestMiddleware> {
  checkOptions(options);
  const trustedProxies = parseTrustedProxies(options.trustedProxies ?? []);
  return createMount({
    inject: [RunnerRegistry],
    create: (registry) => startApp(kind, options, [registry as RunnerRegistry, trustedProxies]),
  });
}

async function startApp(
  kind: Interface,
  options: PythonAppOptions,
  [registry, trustedProxies]: readonly [RunnerRegistry, BlockList],
): Promise<MountedApp> {
  const { app: name, timeoutMs = DEFAULT_TIMEOUT_MS, hangTimeoutMs = 2 * timeoutMs } = options;
  const { startTimeoutMs = 60_000, graceMs = 5_000 } = options;
  const { openapi = kind === 'asgi' && '/openapi.json' } = options;
  const folder = new SocketFolder();
  const socketPath = folder.nextPath();
  const runners = await registry.openGateway();
  const command = await createServerCommand(kind, options, { socketPath, runners });
  const joined = new JoinedSockets();
  const onDeath = (): void => joined.breakOff();
  const limits = { name, startTimeoutMs, hangTimeoutMs, graceMs, onDeath };
  const supervisor = new AppSupervisor(command, limits, new Logger(name));
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  // Only who mounts such an application waits for the import of undici.
  const { openPool } = await import('../proxy/application-pool.js');
  const dispatcher = openPool(socketPath, IDLE_MS);
  await supervisor.start();
  const onProgress = (): void => supervisor.progressed();
  const target = { socketPath, agent, dispatcher, timeoutMs, onProgress, trustedProxies };
  const forward = createForward(supervisor, target, joined);
  return {
    handle: (request, response) => forward(request, response),
    // WSGI knows of no other protocol than HTTP.
    negotiate: kind === 'asgi' ? forward : undefined,
    describe: openapi === false ? undefined : createDescribe(supervisor, socketPath, openapi),
    readiness: {
      name,
      isReady: () => supervisor.isUp,
      reason: () => supervisor.status.reason,
    },
    close: async () => {
      await supervisor.stop();
      agent.destroy();
      await dispatcher.destroy();
      folder.remove();
    },
  };
}

function createDescribe(
  supervisor: AppSupervisor,
  socketPath: string,
  path: string,
): MountedApp['describe'] {
  return async (prefix) => {
    if (!supervisor.isUp) throw new MountUnavailableError();
    return fetchDocument({ socketPath, path, prefix });
  };
}

type Forward = (
  request: IncomingMessage,
  response: ServerResponse,
  accept?: ForwardEvents['accept'],
) => Promise<void>;

/** Tells the supervisor of each request and its answer. */
function createForward(
  supervisor: AppSupervisor,
  target: ProxyTarget,
  joined: JoinedSockets,
): Forward {
  return async (request, response, acceptUpgrade) => {
    if (!supervisor.isUp) throw new MountUnavailableError();
    supervisor.asked();
    let isAnswered = false;
    const onAnswer = (): void => {
      isAnswered = true;
      supervisor.answered();
    };
    const accept: ForwardEvents['accept'] =
      acceptUpgrade && ((handler) => acceptUpgrade(joined.joining(handler)));
    try {
      await forwardRequest(target, [request, response], { onAnswer, accept });
    } finally {
      if (!isAnswered) supervisor.gaveUp();
    }
  };
}
