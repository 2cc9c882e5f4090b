import { delimiter, dirname, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preparePython } from 'bentonest/python';
import type { PreparedPython } from 'bentonest/python';
import type { AppCommand } from '../process/app-process.js';
import type { PythonAppOptions } from './python-app.options.js';

export type Interface = 'asgi' | 'wsgi';

/** Idle connections are closed by our end, first. */
const KEEP_ALIVE_S = '75';

/**
 * What runs the application, under our guard: uvicorn for ASGI, gunicorn for WSGI, or the command that is
 * given.
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
  const values = { app: `bentonest.mounted:${kind}`, socket: socketPath, python: python.file };
  const server = command?.map((part) => fill(part, values)) ?? [
    ...SERVERS[kind](socketPath),
    ...serverArgs,
  ];
  return {
    file: python.file,
    // A command of the user's is a program; uvicorn and gunicorn are modules of the interpreter.
    args: ['-m', 'bentonest.serve', ...(command === undefined ? [] : ['--']), ...server],
    cwd: cwd instanceof URL ? fileURLToPath(cwd) : cwd,
    env: {
      ...withPrograms(python),
      BENTONEST_APP: app,
      BENTONEST_SOCKET: socketPath,
      BENTONEST_RUNNERS: JSON.stringify(runners),
    },
    socketPath,
  };
}

function fill(part: string, values: Readonly<Record<string, string>>): string {
  return part.replaceAll(/\{(app|socket|python)\}/g, (_, name: string) => values[name] ?? '');
}

/** The programs of an environment, such as hypercorn, are found by their names. */
function withPrograms({ file, env }: PreparedPython): Readonly<Record<string, string>> {
  if (!isAbsolute(file)) return env;
  const path = env.PATH ?? process.env.PATH ?? '';
  return { ...env, PATH: [dirname(file), path].filter((part) => part !== '').join(delimiter) };
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
