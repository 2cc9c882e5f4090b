import { fileURLToPath } from 'node:url';
import { preparePython } from 'bentonest/python';
import { InvalidMountError } from '../mount.errors.js';
import type { AppCommand } from '../process/app-process.js';
import type { PythonAppOptions } from './python-app.options.js';

export type Interface = 'asgi' | 'wsgi';

const APP = /^[A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*)?$/;

/** Idle connections are closed by our end, first. */
const KEEP_ALIVE_S = '75';

/** @throws InvalidMountError for a name that is none: it becomes part of a command. */
export function checkApp(app: string): void {
  if (typeof app === 'string' && APP.test(app)) return;
  throw new InvalidMountError(
    `Expected the application as "module:name", such as "main:app", got ${JSON.stringify(app)}.`,
  );
}

/**
 * What runs the application: uvicorn for ASGI, gunicorn for WSGI, each behind our guard, or the command
 * that is given.
 *
 * @throws PythonEnvironmentError
 */
export async function createServerCommand(
  kind: Interface,
  options: PythonAppOptions,
  { socketPath, runners }: { socketPath: string; runners: Readonly<Record<string, string>> },
): Promise<AppCommand> {
  const { app, command, serverArgs = [], cwd = process.cwd() } = options;
  const python = await preparePython(options);
  const [file, ...args] = command?.map((part) =>
    part.replaceAll('{app}', app).replaceAll('{socket}', socketPath),
  ) ?? [python.file, '-m', 'bentonest.serve', ...SERVERS[kind](socketPath), ...serverArgs];
  return {
    file: file ?? python.file,
    args,
    cwd: cwd instanceof URL ? fileURLToPath(cwd) : cwd,
    env: { ...python.env, BENTONEST_APP: app, BENTONEST_RUNNERS: JSON.stringify(runners) },
    socketPath,
  };
}

// prettier-ignore
const SERVERS: Readonly<Record<Interface, (socketPath: string) => readonly string[]>> = {
  asgi: (socketPath) => [
    'uvicorn', 'bentonest.mounted:asgi', '--uds', socketPath,
    '--proxy-headers', '--forwarded-allow-ips', '*',
    '--no-access-log', '--no-use-colors', '--timeout-keep-alive', KEEP_ALIVE_S,
  ],
  wsgi: (socketPath) => [
    'gunicorn', 'bentonest.mounted:wsgi', '--bind', `unix:${socketPath}`,
    '--worker-class', 'gthread', '--threads', '4', '--keep-alive', KEEP_ALIVE_S,
    '--forwarded-allow-ips', '*',
  ],
};
