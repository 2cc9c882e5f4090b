import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Target } from './cases.js';

export interface BenchServer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const bare = fileURLToPath(new URL('../../../test/bench/bare.mjs', import.meta.url));
const ours = fileURLToPath(new URL('./bentonest.js', import.meta.url));
const bareFastify = fileURLToPath(new URL('../../../test/bench/bare-fastify.mjs', import.meta.url));
const bareNest = fileURLToPath(new URL('./bare-nest.js', import.meta.url));
const routes = fileURLToPath(new URL('./routes-app.js', import.meta.url));
const mounts = fileURLToPath(new URL('./mounts-app.js', import.meta.url));
const expressAlone = fileURLToPath(new URL('./express-alone.js', import.meta.url));
const pythonApps = fileURLToPath(new URL('../../../test/bench/python/', import.meta.url));

/** Starts one server per target and stops them all after `use`, whatever comes of it. */
export async function withServers<T extends Target, R>(
  targets: readonly T[],
  modelFile: string,
  use: (servers: Readonly<Record<T, BenchServer>>) => R | Promise<R>,
): Promise<R> {
  const servers = new Map<T, BenchServer>();
  try {
    for (const target of targets) servers.set(target, await startTarget(target, modelFile));
    return await use(Object.fromEntries(servers) as Record<T, BenchServer>);
  } finally {
    for (const { stop } of servers.values()) await stop();
  }
}

/** Starts the server of routes-app.ts, whose address is that of no route, and stops it after `use`. */
export async function withRoutes<R>(use: (url: string) => R | Promise<R>): Promise<R> {
  const server = await startServer(routes, []);
  try {
    return await use(server.url);
  } finally {
    await server.stop();
  }
}

export async function startTarget(target: Target, modelFile: string): Promise<BenchServer> {
  const args = [modelFile, ...(target === 'bentonest-embedded' ? ['embedded'] : [])];
  const { url, ...server } = await startServer(target === 'bare' ? bare : ours, args);
  return { ...server, url: `${url}/predict` };
}

/** Our server with all that observes it or with nothing of it; what it logs is thrown away. */
export async function startObserved(
  what: 'observed' | 'unobserved',
  modelFile: string,
  collector: string,
): Promise<BenchServer> {
  const { url, ...server } = await startServer(ours, [modelFile, what], { COLLECTOR: collector });
  return { ...server, url: `${url}/predict` };
}

/** Our server with so many batches on their way to its worker. */
export async function startInFlight(batches: number, modelFile: string): Promise<BenchServer> {
  const { url, ...server } = await startServer(ours, [modelFile], { IN_FLIGHT: String(batches) });
  return { ...server, url: `${url}/predict` };
}

/** Fastify with a route that has no model. */
export function startBareFastify(): Promise<BenchServer> {
  return startServer(bareFastify, []);
}

/** A Nest application on Fastify with one controller. */
export function startBareNest(): Promise<BenchServer> {
  return startServer(bareNest, []);
}

/** Express below /express and, where there is a Python, FastAPI below /py. */
export function startMounts(modelFile: string, python: string | undefined): Promise<BenchServer> {
  return startServer(mounts, [modelFile, ...(python === undefined ? [] : [python])]);
}

export function startExpressAlone(): Promise<BenchServer> {
  return startServer(expressAlone, []);
}

/** FastAPI with the model in its own process, as uvicorn serves it at a port. */
export async function startUvicornAlone(python: string, modelFile: string): Promise<BenchServer> {
  const port = String(await freePort());
  const args = [
    'flower_app:app',
    '--host',
    '127.0.0.1',
    '--port',
    port,
    '--no-access-log',
    '--log-level',
    'warning',
  ];
  const server = spawn(python, ['-m', 'uvicorn', ...args], {
    cwd: pythonApps,
    env: { ...process.env, ONNX_MODEL: modelFile },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(server, 'exit');
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM');
    await ended;
  };
  const url = `http://127.0.0.1:${port}`;
  while ((await fetch(`${url}/openapi.json`).catch(() => undefined)) === undefined) {
    if (server.exitCode !== null) throw new Error(`uvicorn exited with code ${server.exitCode}`);
    await sleep(20);
  }
  return { url, pid: server.pid ?? 0, stop };
}

async function startServer(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<BenchServer> {
  const port = String(await freePort());
  const server = fork(file, [port, ...args], {
    execArgv: [],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(server, 'exit');
  const failed = ended.then(([code]) => {
    throw new Error(`${file} exited with code ${code}`);
  });
  await Promise.race([once(server, 'message'), failed]);
  failed.catch(() => undefined);
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM');
    await ended;
  };
  return { url: `http://127.0.0.1:${port}`, pid: server.pid ?? 0, stop };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
