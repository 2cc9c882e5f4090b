import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ServedAppOptions {
  /** Compiled entry, relative to the repository. @default 'dist/src/main.js' */
  readonly entry?: string;
  /** A PORT in it is taken as it is. */
  readonly env?: Readonly<Record<string, string>>;
  /** `unread` until readOutput(), or an open file in its place. @default 'read' */
  readonly stdout?: 'read' | 'unread' | number;
}

/** A line of the log in JSON. */
export interface LogRecord {
  readonly level: number;
  readonly time: number;
  readonly pid: number;
  readonly context?: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The built server as a process of its own, on a free port. */
export class ServedApp {
  private log = '';
  private errorLog = '';

  private constructor(
    readonly process: ChildProcess,
    readonly url: string,
  ) {
    process.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
      this.errorLog += chunk.toString();
    });
  }

  /** Starts the server without waiting for anything. */
  static async spawn(options: ServedAppOptions = {}): Promise<ServedApp> {
    const { entry = 'dist/src/main.js', env = {}, stdout = 'read' } = options;
    const port = Number(env.PORT ?? (await freePort()));
    const child = spawn(process.execPath, [entry], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1', ...env, PORT: String(port) },
      stdio: ['ignore', typeof stdout === 'number' ? stdout : 'pipe', 'pipe'],
    });
    const app = new ServedApp(child, `http://127.0.0.1:${port}`);
    if (stdout === 'read') app.readOutput();
    return app;
  }

  /** Starts the server and waits until it is ready. */
  static async start(options: ServedAppOptions = {}): Promise<ServedApp> {
    const app = await ServedApp.spawn(options);
    await app.untilReady();
    return app;
  }

  readOutput(): void {
    this.process.stdout?.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
  }

  /** Everything that the server and its workers printed. */
  get output(): string {
    return this.log;
  }

  /** What of it came by standard error. */
  get errorOutput(): string {
    return this.errorLog;
  }

  /** Lines of the server's own log, as `serve()` writes it where there is no terminal. */
  get records(): readonly LogRecord[] {
    const lines = this.log.split('\n').filter((line) => line.startsWith('{"level":'));
    // The last line may not have come whole yet.
    return lines.flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as LogRecord] : []));
  }

  /** Messages that the server logged at a level of warning or more. */
  get complaints(): readonly string[] {
    return this.records.flatMap(({ level, msg }) => (level >= 40 ? [msg] : []));
  }

  async untilReady(timeoutMs = 60_000): Promise<void> {
    await until(
      async () =>
        (await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(5_000) })).status === 200,
      timeoutMs,
      () => this.log,
    );
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + path, { headers });
  }

  post(
    path: string,
    body?: string | Uint8Array<ArrayBuffer> | object,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
    return fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: isJson ? JSON.stringify(body) : body,
    });
  }

  /** The process ids of the workers, as the log names them. */
  get workerPids(): readonly number[] {
    const lines = this.log.matchAll(/worker (?<pids>[\d, ]+)\)/g);
    return [...lines].flatMap((match) => (match.groups?.pids ?? '').split(', ').map(Number));
  }

  /** Sends a signal and resolves with the exit code, or the signal's name. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    const { exitCode, signalCode } = this.process;
    if (exitCode !== null || signalCode !== null) return exitCode ?? String(signalCode);
    const exited = once(this.process, 'exit') as Promise<[number | null, string | null]>;
    this.process.kill(signal);
    const [code, endedBy] = await exited;
    return code ?? endedBy ?? 'unknown';
  }
}

/** Polls until the condition holds; what it throws while the server is not up counts as not yet. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  describe: () => string = () => '',
): Promise<number> {
  const startedAt = performance.now();
  let failure: unknown;
  while (performance.now() - startedAt < timeoutMs) {
    try {
      if (await condition()) return performance.now() - startedAt;
    } catch (error) {
      failure = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(
    `Not within ${timeoutMs} ms. ${failure instanceof Error ? failure.message : ''}\n${describe()}`,
  );
}

/** False for a process that has ended, though its parent may not have taken note of it yet. */
export function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  const state = stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

/**
 * A port that nobody listens at, and below those that the system gives to outgoing connections: one of
 * them could have it before the server does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_240 + Math.floor(Math.random() * 21_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
