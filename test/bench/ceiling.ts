// How much of the best ratio there is: Fastify and Nest routes that answer without a model, beside bare
// Fastify with one and ours. No server of this design can answer more than the first of them.
import { resolveModel } from 'bentonest/model-store';
import { MODEL_HOME, selectCases } from './cases.js';
import { measure } from './load.js';
import { startBareFastify, startBareNest, startTarget } from './servers.js';
import type { BenchServer } from './servers.js';
import { median, rounded } from './statistics.js';

const CONNECTIONS = 32;

export interface CeilingRow {
  readonly server: string;
  readonly reqPerSec: number;
  /** Relative to bare Fastify with onnxruntime in process. */
  readonly ratio: number;
}

export async function measureCeiling(rounds: number, seconds: number): Promise<CeilingRow[]> {
  const [{ request, model }] = selectCases('iris');
  const { file } = await resolveModel(model, { home: MODEL_HOME });
  const load = { connections: CONNECTIONS, seconds };
  const servers = new Map<string, BenchServer>();
  try {
    servers.set('bare', await startTarget('bare', file));
    servers.set('Fastify, no model', await startBareFastify());
    servers.set('Nest on Fastify, no model', await startBareNest());
    servers.set('bentonest', await startTarget('bentonest', file));
    const urls = [...servers.values()].map(({ url }) => new URL('/predict', url).href);
    for (const url of urls) measure(url, request, load);
    const slices = Array.from({ length: rounds }, () =>
      urls.map((url) => measure(url, request, load).reqPerSec),
    );
    return [...servers.keys()].map((server, at) => ({
      server,
      reqPerSec: Math.round(median(slices.map((slice) => slice[at]))),
      ratio: rounded(median(slices.map((slice) => slice[at] / slice[0]))),
    }));
  } finally {
    for (const server of servers.values()) await server.stop();
  }
}
