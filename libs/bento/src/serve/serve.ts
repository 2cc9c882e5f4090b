import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadConfig } from 'bentonest/config';
import { isExplained } from 'bentonest/runner';
import { ENDING_SIGNALS } from 'bentonest/serving';
import { runApiProcess, takeApiProcessNumber } from './api-process.js';
import { createAdminServer } from './admin/admin-address.js';
import { createApplication, withServeOptions } from './create-application.js';
import type { RootModule } from './create-application.js';
import { logStartError } from './log-through-bento.js';
import { adminAddressOf, checkPort, listen, toListenError } from './port.js';
import { runPrimary } from './primary.js';
import { resolveOptions } from './resolve-options.js';
import type { ResolvedServeOptions, ServeOptions } from './serve.options.js';

/**
 * Serves an application: all that a main.ts has to say. It listens, answers what is in flight when it
 * is asked to end (SIGTERM, SIGINT, SIGHUP, SIGQUIT), and with `workers` above 1 it starts that many
 * processes, which share the port and the runners' workers. An error of configuration, runners or what the
 * server needs around it ends the process with exit code 1 and one line of the log that says why and what to
 * do.
 *
 * @returns the application of this process; undefined in the one that only starts the others.
 * @throws what else the start of the application throws.
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
    const served = withServeOptions(root, options);
    const number = takeApiProcessNumber();
    if (number !== undefined) return await runApiProcess(served, resolved, number);
    const isAlone = resolved.workers === 1 && resolved.maxRuntimeMs === undefined;
    if (isAlone) return await serveAlone(served, resolved);
    await runPrimary(served, resolved);
    return undefined;
  } catch (error) {
    if (!isExplained(error)) throw error;
    logStartError(error);
    process.exit(1);
  }
}

async function serveAlone(
  root: RootModule,
  options: ResolvedServeOptions,
): Promise<NestFastifyApplication> {
  await checkPort(options);
  if (options.admin?.port !== undefined) await checkPort(adminAddressOf(options));
  const app = await createApplication(root, options);
  const admin = createAdminServer(app, options.admin);
  app.enableShutdownHooks([...ENDING_SIGNALS], { useProcessExit: true });
  await app.init();
  await listenAgain(app, options);
  // Not before Nest has registered what stands before the routes: the operators' door leads to the same ones.
  if (admin !== undefined) await listen(admin, adminAddressOf(options));
  return app;
}

/** The port was free when the application began to start. That took its time. */
async function listenAgain(
  app: NestFastifyApplication,
  { port, host, backlog }: ResolvedServeOptions,
): Promise<void> {
  const address = { port, host, backlog };
  // Nest would log it as well.
  await checkPort(address);
  try {
    await app.listen(address);
  } catch (error) {
    throw toListenError(error, address);
  }
}
