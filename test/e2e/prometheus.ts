import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort, until } from './served-app.js';

/** What each step may take; 20 MB are downloaded. */
const INSTALL_WITHIN_MS = 60_000;

/**
 * The program (PROMETHEUS_PATH, else by its name on PATH), else Debian's package, unpacked once into
 * the user's cache; undefined, and said aloud, where it cannot be had.
 */
export function findPrometheus(): string | undefined {
  const { PROMETHEUS_PATH, PATH = '', XDG_CACHE_HOME } = process.env;
  const kept = join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'bentonest-tests', 'prometheus');
  const unpacked = join(kept, 'usr', 'bin', 'prometheus');
  const onPath = PATH.split(delimiter).map((folder) => join(folder, 'prometheus'));
  const known = [...(PROMETHEUS_PATH === undefined ? [] : [PROMETHEUS_PATH]), ...onPath, unpacked];
  const found = known.find((path) => existsSync(path));
  if (found !== undefined) return found;
  const failure = unpackFromDebian(kept);
  if (failure === undefined) return unpacked;
  console.warn(
    `THE DASHBOARD AND OPENMETRICS ARE NOT TESTED WITH PROMETHEUS: it is not installed, and Debian's package cannot be had. Set PROMETHEUS_PATH to one. ${failure}`,
  );
  return undefined;
}

/** Needs no rights: nothing is installed. */
function unpackFromDebian(target: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const run = (program: string, ...args: string[]): string | undefined => {
    const { status, error, stderr } = spawnSync(program, args, {
      cwd: folder,
      encoding: 'utf8',
      timeout: INSTALL_WITHIN_MS,
    });
    return status === 0 ? undefined : `${program} ${args.join(' ')}: ${error?.message ?? stderr}`;
  };
  const download = (): string | undefined => run('apt-get', 'download', 'prometheus');
  try {
    let failure = download();
    // The lists of packages may never have been fetched.
    if (failure !== undefined && process.getuid?.() === 0) {
      failure = run('apt-get', 'update') ?? download();
    }
    if (failure !== undefined) return failure;
    const [archive = ''] = readdirSync(folder);
    failure = run('dpkg-deb', '-x', archive, 'unpacked');
    if (failure !== undefined) return failure;
    mkdirSync(join(target, '..'), { recursive: true });
    // Another test may have been faster.
    if (!existsSync(target)) renameOrCopy(join(folder, 'unpacked'), target);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function renameOrCopy(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // Another file system.
    spawnSync('cp', ['-a', from, to]);
  }
}

interface Answer<T> {
  readonly status: string;
  readonly error?: string;
  readonly data: T;
}

/** One series of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface ExemplarSeries {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
  }[];
}

/** A Prometheus server that scrapes once a second. */
export class Prometheus {
  private log = '';

  private constructor(
    private readonly process: ChildProcess,
    private readonly url: string,
    private readonly folder: string,
  ) {
    process.stderr?.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
  }

  /** Scrapes each job's address, `127.0.0.1:3000`, under /metrics. */
  static async start(program: string, jobs: Readonly<Record<string, string>>): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'prometheus-data-'));
    const port = await freePort();
    const file = join(folder, 'prometheus.json');
    const scrape_configs = Object.entries(jobs).map(([job_name, target]) => ({
      job_name,
      static_configs: [{ targets: [target] }],
    }));
    // YAML reads JSON.
    const global = { scrape_interval: '1s', scrape_timeout: '1s' };
    writeFileSync(file, JSON.stringify({ global, scrape_configs }));
    const args = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ];
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const started = new Prometheus(child, `http://127.0.0.1:${port}`, folder);
    await until(
      async () => (await fetch(`${started.url}/-/ready`)).ok,
      15_000,
      () => started.log,
    );
    return started;
  }

  async query(query: string): Promise<readonly Sample[]> {
    const path = `query?query=${encodeURIComponent(query)}`;
    return (await this.ask<{ readonly result: readonly Sample[] }>(path)).result;
  }

  exemplars(query: string): Promise<readonly ExemplarSeries[]> {
    const now = Date.now() / 1000;
    const range = `start=${now - 300}&end=${now + 1}`;
    return this.ask(`query_exemplars?query=${encodeURIComponent(query)}&${range}`);
  }

  labelValues(label: string, metric: string): Promise<readonly string[]> {
    return this.ask(`label/${label}/values?match[]=${metric}`);
  }

  async end(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ask<T>(path: string): Promise<T> {
    const answer = (await (await fetch(`${this.url}/api/v1/${path}`)).json()) as Answer<T>;
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  }
}
