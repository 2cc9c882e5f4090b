// npm run bench [-- --json] [--only <case>] [--rounds n] [--seconds n]
// Measures bare Fastify with onnxruntime-node in process and BentoNest, with the same load. Both run all
// the time and are loaded in turn, in short slices: machines change their speed from second to second,
// so a ratio is the median of the ratios of neighbouring slices. Figures of different runs do not
// compare.
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
    rounds: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '2' },
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

const rounded = (number) => Number(number.toFixed(2));

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

async function startServer(target, file) {
  const port = await freePort();
  const server = fork(TARGETS[target], [file, String(port)]);
  const ended = once(server, 'exit');
  await Promise.race([
    once(server, 'message'),
    ended.then(([code]) => Promise.reject(new Error(`${target} exited with code ${code}`))),
  ]);
  const stop = async () => {
    server.kill('SIGTERM');
    await ended;
  };
  return { url: `http://127.0.0.1:${port}/predict`, stop };
}

function measureSlice(url, body, connections) {
  const figures = measure({ url, body, connections, seconds: Number(values.seconds) });
  if (figures.failed > 0) throw new Error(`${figures.failed} requests to ${url} failed`);
  return figures;
}

function measureInTurn(servers, body, connections) {
  const runs = { bare: [], bentonest: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const target of Object.keys(TARGETS)) {
      runs[target].push(measureSlice(servers[target].url, body, connections));
    }
  }
  return runs;
}

function summarise(name, connections, runs) {
  const ratios = {
    bare: 1,
    bentonest: median(
      runs.bentonest.map(({ reqPerSec }, round) => reqPerSec / runs.bare[round].reqPerSec),
    ),
  };
  return Object.keys(TARGETS).map((target) => ({
    case: name,
    connections,
    target,
    reqPerSec: Math.round(median(runs[target].map(({ reqPerSec }) => reqPerSec))),
    p50Ms: rounded(median(runs[target].map(({ p50Ms }) => p50Ms))),
    p99Ms: rounded(median(runs[target].map(({ p99Ms }) => p99Ms))),
    ratio: rounded(ratios[target]),
  }));
}

async function runCase({ name, model, body }) {
  const { file } = await resolveModel(model, { home });
  const servers = {};
  try {
    for (const target of Object.keys(TARGETS)) servers[target] = await startServer(target, file);
    for (const { url } of Object.values(servers))
      measure({ url, body, connections: 32, seconds: 2 });
    return CONNECTIONS.flatMap((connections) =>
      summarise(name, connections, measureInTurn(servers, body, connections)),
    );
  } finally {
    for (const { stop } of Object.values(servers)) await stop();
  }
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
