// Whether several batches in flight per worker help: our server with 1, 2 and 3, loaded in turn.
import { resolveModel } from 'bentonest/model-store';
import { MODEL_HOME } from './cases.js';
import type { BenchCase } from './cases.js';
import { measure } from './load.js';
import { startInFlight } from './servers.js';
import type { BenchServer } from './servers.js';
import { median, rounded } from './statistics.js';

const IN_FLIGHT = [1, 2, 3];
const CONNECTIONS = 32;

export interface InFlightRow {
  readonly case: string;
  readonly batchesInFlight: number;
  readonly reqPerSec: number;
  /** Relative to one in flight. */
  readonly ratio: number;
  readonly p99Ms: number;
}

export async function measureInFlight(
  bench: BenchCase,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<InFlightRow[]> {
  const { file } = await resolveModel(bench.model, { home: MODEL_HOME });
  const load = { connections: CONNECTIONS, seconds };
  const servers: BenchServer[] = [];
  try {
    for (const batches of IN_FLIGHT) servers.push(await startInFlight(batches, file));
    for (const { url } of servers) measure(url, bench.request, load);
    const slices = Array.from({ length: rounds }, () =>
      servers.map(({ url }) => measure(url, bench.request, load)),
    );
    return IN_FLIGHT.map((batchesInFlight, at) => ({
      case: bench.name,
      batchesInFlight,
      reqPerSec: Math.round(median(slices.map((slice) => slice[at].reqPerSec))),
      ratio: rounded(median(slices.map((slice) => slice[at].reqPerSec / slice[0].reqPerSec))),
      p99Ms: rounded(median(slices.map((slice) => slice[at].p99Ms))),
    }));
  } finally {
    for (const server of servers) await server.stop();
  }
}
