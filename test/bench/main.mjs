// npm run bench [-- --json] [--only <case>] [--rounds n] [--seconds n]
// Measures bare Fastify with onnxruntime-node in process and BentoNest in turn, repeatedly, with the
// same load, and prints medians and the ratio. Figures of different runs do not compare: only ratios do.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { resolveModel } from 'bentonest/model-store';
import { generator, measure } from './load.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
  },
});
const home = fileURLToPath(new URL('../models/store', import.meta.url));
const CASES = [
  { name: 'iris', model: 'iris_clf', body: '[[6.2,3.2,5.2,2.2]]' },
  { name: 'mlp', model: 'mlp', body: JSON.stringify([pixels(784)]) },
];
const TARGETS = {
  bare: fileURLToPath(new URL('./bare.mjs', import.meta.url)),
  bentonest: fileURLToPath(new URL('../../dist/test/bench/bentonest.js', import.meta.url)),
};
const CONNECTIONS = [1, 32];

/** Greyscale values as clients send them: four digits. */
function pixels(count) {
  return Array.from({ length: count }, (_, i) => Number(Math.abs(Math.sin(i)).toFixed(4)));
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function withServer(target, file, use) {
  const port = await freePort();
  const server = fork(TARGETS[target], [file, String(port)]);
  const ended = once(server, 'exit');
  await Promise.race([
    once(server, 'message'),
    ended.then(([code]) => Promise.reject(new Error(`${target} exited with code ${code}`))),
  ]);
  try {
    return use(`http://127.0.0.1:${port}/predict`);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

function measureAll(url, body, samples) {
  const seconds = Number(values.seconds);
  measure({ url, body, connections: 32, seconds: 1 });
  for (const connections of CONNECTIONS) {
    const figures = measure({ url, body, connections, seconds });
    if (figures.failed > 0) throw new Error(`${figures.failed} requests to ${url} failed`);
    samples.get(connections).push(figures);
  }
}

function summarise({ name }, samples) {
  const rows = [];
  for (const connections of CONNECTIONS) {
    for (const target of Object.keys(TARGETS)) {
      const runs = samples[target].get(connections);
      const rate = (each) => median(samples[each].get(connections).map((run) => run.reqPerSec));
      rows.push({
        case: name,
        connections,
        target,
        reqPerSec: Math.round(rate(target)),
        p50Ms: median(runs.map((run) => run.p50Ms)),
        p99Ms: median(runs.map((run) => run.p99Ms)),
        ratio: Number((rate(target) / rate('bare')).toFixed(2)),
      });
    }
  }
  return rows;
}

async function runCase(bench) {
  const { file } = await resolveModel(bench.model, { home });
  const samples = Object.fromEntries(
    Object.keys(TARGETS).map((target) => [target, new Map(CONNECTIONS.map((c) => [c, []]))]),
  );
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const target of Object.keys(TARGETS)) {
      await withServer(target, file, (url) => measureAll(url, bench.body, samples[target]));
    }
  }
  return summarise(bench, samples);
}

const selected = CASES.filter(({ name }) => values.only === undefined || name === values.only);
if (selected.length === 0) {
  console.error(
    `No case "${values.only}". There are: ${CASES.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(1);
}
const rows = [];
for (const bench of selected) rows.push(...(await runCase(bench)));
if (values.json) {
  console.log(JSON.stringify(rows));
} else {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  console.log(
    `${availableParallelism()} cores, ${processor}, Node ${process.version}, ${generator}`,
  );
  console.table(rows);
}
