// All servers run all the time and are loaded in turn, in short slices: machines change their speed
// from second to second, so a ratio is the median of the ratios of neighbouring slices. Figures of
// different runs do not compare.
import { resolveModel } from 'bentonest/model-store';
import { MODEL_HOME, TARGETS, requestTo } from './cases.js';
import type { BenchCase, Target } from './cases.js';
import { measure } from './load.js';
import type { Figures } from './load.js';
import { withServers } from './servers.js';
import type { BenchServer } from './servers.js';
import { median, rounded } from './statistics.js';

export interface ClosedLoopOptions {
  readonly rounds: number;
  /** Length of a slice. */
  readonly seconds: number;
}

export interface ClosedLoopRow extends Figures {
  readonly case: string;
  readonly connections: number;
  readonly target: Target;
  /** Requests per second, relative to bare: more is better. */
  readonly ratio: number;
  /** Median latency, relative to bare: less is better. */
  readonly p50Ratio: number;
}

type Servers = Readonly<Record<Target, BenchServer>>;
type Slices = Readonly<Record<Target, Figures[]>>;

const CONNECTIONS = [1, 32];
const WARM_UP = { connections: 32, seconds: 2 };

export async function runClosedLoop(
  bench: BenchCase,
  options: ClosedLoopOptions,
): Promise<ClosedLoopRow[]> {
  if (!Number.isInteger(options.seconds)) {
    throw new RangeError(`wrk takes whole seconds, got --seconds ${options.seconds}.`);
  }
  const { file } = await resolveModel(bench.model, { home: MODEL_HOME });
  return withServers(TARGETS, file, (servers) => {
    for (const target of TARGETS) measure(servers[target].url, requestTo(target, bench), WARM_UP);
    return CONNECTIONS.flatMap((connections) => {
      const slices = measureInTurn(servers, bench, { ...options, connections });
      return TARGETS.map((target) => ({
        case: bench.name,
        connections,
        target,
        ...summarise(slices[target], slices.bare),
      }));
    });
  });
}

function measureInTurn(
  servers: Servers,
  bench: BenchCase,
  { rounds, ...load }: ClosedLoopOptions & { readonly connections: number },
): Slices {
  const slices: Slices = { bare: [], bentonest: [], 'bentonest-embedded': [] };
  for (let round = 0; round < rounds; round++) {
    for (const target of TARGETS) {
      slices[target].push(measure(servers[target].url, requestTo(target, bench), load));
    }
  }
  return slices;
}

function summarise(
  slices: readonly Figures[],
  bare: readonly Figures[],
): Figures & Pick<ClosedLoopRow, 'ratio' | 'p50Ratio'> {
  const medianOf = (figure: keyof Figures): number => median(slices.map((slice) => slice[figure]));
  const ratioOf = (figure: keyof Figures): number =>
    median(slices.map((slice, round) => slice[figure] / (bare[round]?.[figure] ?? NaN)));
  return {
    reqPerSec: Math.round(medianOf('reqPerSec')),
    p50Ms: rounded(medianOf('p50Ms')),
    p99Ms: rounded(medianOf('p99Ms')),
    ratio: rounded(ratioOf('reqPerSec')),
    p50Ratio: rounded(ratioOf('p50Ms')),
  };
}
