// What operations cost: all that observes a server, its start, and its memory at rest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { resolveModel } from 'bentonest/model-store';
import { MODEL_HOME, selectCases } from './cases.js';
import { measure } from './load.js';
import { freePort, startBareNest, startObserved } from './servers.js';
import type { BenchServer } from './servers.js';
import { median, rounded } from './statistics.js';

interface Row {
  readonly measure: string;
  readonly figure: number;
  readonly bound: string;
}

const CONNECTIONS = 32;
/** What one request in a hundred does is compiled after a hundred times as many requests as the rest. */
const WARM_UP_SECONDS = 12;
/** A server that was idle while another was measured has forgotten some of what V8 had compiled. */
const RUN_UP_SECONDS = 2;
const REST_MS = 3000;

export async function measureOperations(rounds: number, seconds: number): Promise<Row[]> {
  const [iris] = selectCases('iris');
  const { file } = await resolveModel('iris_clf', { home: MODEL_HOME });
  const collector = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const [on, off] = [
    await startObserved('observed', file, endpoint),
    await startObserved('unobserved', file, endpoint),
  ];
  try {
    const shares = compareInTurn([on, off], iris.request, { rounds, seconds });
    return [
      { measure: 'throughput observed / not, iris@32', figure: shares, bound: '>= 0.88' },
      { measure: 'start to first answer, ms', figure: await timeStart(rounds), bound: '<= 1000' },
      { measure: '  of bare Nest, ms', figure: await timeBareNest(rounds), bound: '' },
      { measure: 'memory above bare Nest, MiB', figure: await restingMib(file), bound: '<= 90' },
    ];
  } finally {
    await on.stop();
    await off.stop();
    collector.close();
    collector.closeAllConnections();
  }
}

type Request = Parameters<typeof measure>[1];

function compareInTurn(
  [on, off]: readonly [BenchServer, BenchServer],
  request: Request,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): number {
  const load = { connections: CONNECTIONS, seconds };
  const warm = { ...load, seconds: WARM_UP_SECONDS };
  for (const { url } of [on, off]) measure(url, request, warm);
  const ratios = Array.from({ length: rounds }, () => {
    const [observed, unobserved] = [on, off].map(({ url }) => {
      measure(url, request, { ...load, seconds: RUN_UP_SECONDS });
      return measure(url, request, load).reqPerSec;
    });
    return observed / unobserved;
  });
  return rounded(median(ratios));
}

/** The demo as `npm start` runs it once it is built, from the start of Node to the first answer. */
async function timeStart(rounds: number): Promise<number> {
  const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const port = await freePort();
    const startedAt = performance.now();
    const env = { ...process.env, PORT: String(port) };
    const server = spawn(process.execPath, [main], { env, stdio: 'ignore' });
    await untilAnswered(`http://127.0.0.1:${port}/classify`);
    times.push(performance.now() - startedAt);
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  return Math.round(median(times));
}

/** What Node, Nest and Fastify take by themselves: most of a start is the loading of modules. */
async function timeBareNest(rounds: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    const server = await startBareNest();
    times.push(performance.now() - startedAt);
    await server.stop();
  }
  return Math.round(median(times));
}

async function untilAnswered(url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  for (;;) {
    const answer = await fetch(url, { method: 'POST', headers, body: '[[6.2,3.2,5.2,2.2]]' }).catch(
      () => undefined,
    );
    if (answer?.status === 200) return;
    await sleep(5);
  }
}

/** Resident memory of the API process, some seconds after its start, above that of a bare application. */
async function restingMib(file: string): Promise<number> {
  const ours = await startObserved('observed', file, 'http://127.0.0.1:9');
  const bare = await startBareNest();
  await sleep(REST_MS);
  const above = residentMib(ours.pid) - residentMib(bare.pid);
  await ours.stop();
  await bare.stop();
  return Math.round(above);
}

function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
