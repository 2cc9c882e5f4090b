import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The command as it is built. */
export const BENTONEST = join(ROOT, 'dist/libs/cli/src/main.js');

export interface Outcome {
  /** Of the exit, or the signal's name. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** An environment without the test runner's own settings, which a runner in a child would take for its own. */
export function cleanEnvironment(env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|TEST$|NODE_ENV$|NODE_OPTIONS$|BENTO|PORT$|HOST$)/.test(name),
  );
  return { ...Object.fromEntries(own), NO_COLOR: '1', ...env };
}

/** Starts a program without a terminal, its output collected. */
export function start(
  file: string,
  args: readonly string[],
  { cwd = ROOT, env }: RunOptions = {},
): { child: ChildProcess; outcome: Promise<Outcome>; output: () => string } {
  const child = spawn(file, args, {
    cwd,
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const outcome = (async () => {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    return { code: code ?? String(signal), stdout, stderr };
  })();
  return { child, outcome, output: () => stdout + stderr };
}

/** Runs a program to its end. */
export function run(file: string, args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return start(file, args, options).outcome;
}

/** Runs the built `bentonest` to its end. */
export function bentonest(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return run(process.execPath, [BENTONEST, ...args], options);
}

type Cleanup = (remove: () => Promise<void>) => void;

/** @param onEnd hears how to remove it: `onTestFinished`; vitest does not hear afterAll inside beforeAll */
export async function temporaryFolder(onEnd: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bentonest-cli-'));
  onEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
