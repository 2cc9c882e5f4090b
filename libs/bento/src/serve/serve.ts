import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigError, loadConfig } from 'bentonest/config';
import { MountStartError } from 'bentonest/mount';
import { PythonEnvironmentError } from 'bentonest/python';
import { ENDING_SIGNALS } from 'bentonest/serving';
import { API_PROCESS, runApiProcess } from './api-process.js';
import { createAdminServer } from './admin/admin-address.js';
import { createApplication } from './create-application.js';
import type { RootModule } from './create-application.js';
import { adminAddressOf, checkPort, listen } from './port.js';
import { runPrimary } from './primary.js';
import { resolveOptions } from './resolve-options.js';
import { ListenError } from './serve.errors.js';
import type { ResolvedServeOptions, ServeOptions } from './serve.options.js';

/**
 * Serves an application: all that a main.ts has to say. It listens, answers what is in flight when it
 * is asked to end (SIGTERM, SIGINT, SIGHUP, SIGQUIT), and with `workers` above 1 it starts that many processes, which
 * share the port and the runners' workers.
 *
 * @returns the application of this process; undefined in the one that only starts the others.
 * @throws ServiceConfigurationError for options that do not fit together; what the start of the application throws.
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
  try {
    const resolved = resolveOptions(options, loadConfig().values);
    if (process.env[API_PROCESS] !== undefined) return await runApiProcess(root, resolved);
    const isAlone = resolved.workers === 1 && resolved.maxRuntimeMs === undefined;
    if (isAlone) return await serveAlone(root, resolved);
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
  const admin = createAdminServer(app, options.admin);
  if (admin !== undefined) await listen(admin, adminAddressOf(options));
  app.enableShutdownHooks([...ENDING_SIGNALS], { useProcessExit: true });
  const { port, host, backlog } = options;
  await app.listen({ port, host, backlog });
  return app;
}

/** Errors of what the server needs around it, and of no code here. */
const EXPLAINED = [ListenError, ConfigError, PythonEnvironmentError, MountStartError];
