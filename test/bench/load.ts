// One measurement: POST a body to a URL from so many connections, by wrk where it is installed, else
// by autocannon. Both count answers that are not 2xx, which make a figure void.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchRequest } from './cases.js';

export interface Load {
  readonly connections: number;
  readonly seconds: number;
}

export interface Figures {
  readonly reqPerSec: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const hasWrk = spawnSync('wrk', ['-v']).error === undefined;
export const generator = hasWrk ? 'wrk' : 'autocannon';

const wrkScript = fileURLToPath(new URL('../../../test/bench/wrk.lua', import.meta.url));
const autocannonScript = fileURLToPath(
  new URL('../../../test/bench/autocannon.mjs', import.meta.url),
);

/** Throws where a request failed: such a figure says nothing. */
export function measure(url: string, request: BenchRequest, load: Load): Figures {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const result = join(folder, 'result.json');
  const body = join(folder, 'body');
  writeFileSync(body, request.body);
  const env = { ...process.env, BODY: body, RESULT: result, CONTENT_TYPE: request.contentType };
  const [connections, seconds] = [String(load.connections), String(load.seconds)];
  const [file, args] = hasWrk
    ? ['wrk', ['-t1', '-c', connections, '-d', `${seconds}s`, '-s', wrkScript, url]]
    : [process.execPath, [autocannonScript, connections, seconds, url]];
  try {
    execFileSync(file, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const { failed, ...figures } = JSON.parse(readFileSync(result, 'utf8')) as Figures & {
      readonly failed: number;
    };
    if (failed > 0) throw new Error(`${failed} requests to ${url} failed`);
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
