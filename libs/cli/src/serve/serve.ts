import { relative, resolve } from 'node:path';
import { tell } from '../output/tell.js';
import { build } from './build.js';
import { resolveEntry } from './entry.js';
import type { Entry } from './entry.js';
import { isStale } from './is-stale.js';
import { runApplication } from './run-application.js';

export interface ServeOptions {
  readonly port?: number;
  readonly host?: string;
  readonly workers?: string;
  readonly reload?: boolean;
  readonly home?: string;
}

/** What main.ts reads, and what the model store reads. */
function environment({ port, host, workers, home }: ServeOptions): Record<string, string> {
  return {
    ...(port === undefined ? {} : { PORT: String(port) }),
    ...(host === undefined ? {} : { HOST: host }),
    ...(workers === undefined ? {} : { BENTONEST__SERVER__WORKERS: workers }),
    // From here on: the application runs in its own folder.
    ...(home === undefined ? {} : { BENTOML_HOME: resolve(home) }),
  };
}

export async function serve(module: string | undefined, options: ServeOptions): Promise<void> {
  const entry = resolveEntry(module);
  Object.assign(process.env, environment(options));
  const { port, host, reload } = options;
  if (reload) {
    const { serveWithReload } = await import('./reload.js');
    return serveWithReload(entry, { port, host });
  }
  await prepare(entry);
  process.chdir(entry.root);
  await runApplication(entry.file, { port, host });
}

async function prepare(entry: Entry): Promise<void> {
  if (entry.needsBuild) return build(entry);
  if (await isStale(entry)) {
    const file = relative(process.cwd(), entry.file);
    tell(`Sources are newer than ${file}. Build them, or use --reload, which does.`);
  }
}
