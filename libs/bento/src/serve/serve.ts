import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ServiceConfigurationError } from 'bentonest/errors';
import { MountStartError } from 'bentonest/mount';
import { PythonEnvironmentError } from 'bentonest/python';
import { availableCores } from 'bentonest/runner';
import { API_PROCESS, runApiProcess } from './api-process.js';
import { createApplication } from './create-application.js';
import type { RootModule } from './create-application.js';
import { checkPort } from './port.js';
import { runPrimary } from './primary.js';
import { ListenError } from './serve.errors.js';
import type { ResolvedServeOptions, ServeOptions } from './serve.options.js';

/**
 * Serves an application: all that a main.ts has to say. It listens, answers what is in flight when it
 * is asked to end (SIGTERM, SIGINT), and with `workers` above 1 it starts that many processes, which
 * share the port and the runners' workers.
 *
 * @returns the application of this process; undefined in the one that only starts the others.
 * @throws ServiceConfigurationError for options that are none; what the start of the application throws.
 * @example
 * import { serve } from 'bentonest';
 * import { AppModule } from './app.module.js';
 *
 * await serve(AppModule, { workers: 'auto' });
 */
export async function serve(
  root: RootModule,
  options: ServeOptions = {},
): Promise<NestFastifyApplication | undefined> {
  const resolved = resolveOptions(options, process.env);
  try {
    if (process.env[API_PROCESS] !== undefined) return await runApiProcess(root, resolved);
    if (resolved.workers === 1) return await serveAlone(root, resolved);
    await runPrimary(root, resolved);
    return undefined;
  } catch (error) {
    if (!EXPLAINED.some((known) => error instanceof known)) throw error;
    // What is to be done is in the message: our stack would be of no help.
    const { message, cause } = error as Error;
    new Logger('Serve').fatal(message);
    if (error instanceof PythonEnvironmentError && cause instanceof Error) {
      new Logger('Serve').error(cause.message);
    }
    process.exit(1);
  }
}

async function serveAlone(
  root: RootModule,
  options: ResolvedServeOptions,
): Promise<NestFastifyApplication> {
  await checkPort(options);
  const app = await createApplication(root, options);
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  const { port, host, backlog } = options;
  await app.listen({ port, host, backlog });
  return app;
}

/** Errors of what the server needs around it, and of no code here. */
const EXPLAINED = [ListenError, PythonEnvironmentError, MountStartError];

function resolveOptions(
  { workers = 1, port = 3000, host = 'localhost', backlog = 511, configure }: ServeOptions,
  env: NodeJS.ProcessEnv,
): ResolvedServeOptions {
  const { PORT, HOST, BENTONEST__SERVER__WORKERS: workersAsked } = env;
  const count = workersAsked ?? String(workers);
  return {
    port: toInteger('port', PORT ?? String(port), [0, 65_535]),
    host: HOST ?? host,
    backlog,
    workers: count === 'auto' ? availableCores() : toInteger('workers', count, [1, 1024]),
    configure: configure ?? (() => undefined),
  };
}

function toInteger(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new ServiceConfigurationError(
    `Expected ${name} of the server to be a whole number from ${least} to ${most}, got ${JSON.stringify(text)}.`,
    { details: { option: name } },
  );
}
