// One measurement: POST a body to a URL from so many connections, by wrk where it is installed, else
// by autocannon. Both count answers that are not 2xx, which make a figure void.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const hasWrk = spawnSync('wrk', ['-v']).error === undefined;
export const generator = hasWrk ? 'wrk' : 'autocannon';

/** @returns {{ reqPerSec: number, p50Ms: number, p99Ms: number, failed: number }} */
export function measure({ url, body, connections, seconds }) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const bodyFile = join(folder, 'body.json');
  writeFileSync(bodyFile, body);
  try {
    return hasWrk
      ? byWrk({ url, bodyFile, connections, seconds, folder })
      : byAutocannon({ url, bodyFile, connections, seconds });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function byWrk({ url, bodyFile, connections, seconds, folder }) {
  const script = fileURLToPath(new URL('./wrk.lua', import.meta.url));
  const result = join(folder, 'result.json');
  execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url], {
    env: { ...process.env, BODY: bodyFile, RESULT: result },
    stdio: 'ignore',
  });
  return JSON.parse(readFileSync(result, 'utf8'));
}

function byAutocannon({ url, bodyFile, connections, seconds }) {
  const cli = fileURLToPath(import.meta.resolve('autocannon'));
  const options = ['-c', connections, '-d', seconds, '-m', 'POST', '-i', bodyFile];
  const header = ['-H', 'content-type=application/json'];
  const output = execFileSync(
    process.execPath,
    [cli, '--json', '--no-progress', ...options.map(String), ...header, url],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 24 },
  );
  const { requests, latency, non2xx, errors } = JSON.parse(output);
  return {
    reqPerSec: requests.average,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    failed: non2xx + errors,
  };
}
