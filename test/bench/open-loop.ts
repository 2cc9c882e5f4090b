import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolveModel } from 'bentonest/model-store';
import { MODEL_HOME, requestTo } from './cases.js';
import type { BenchCase, BenchRequest } from './cases.js';
import { measure } from './load.js';
import type { PoissonFigures, PoissonLoad } from './poisson-load.js';
import { RateSearch } from './rate-search.js';
import { withServers } from './servers.js';
import { median, rounded } from './statistics.js';

export interface OpenLoopOptions {
  readonly rounds: number;
  /** Length of one trial of a rate. */
  readonly seconds: number;
}

interface OpenLoopRow {
  readonly case: string;
  readonly target: OpenLoopTarget;
  /** Highest rate of Poisson arrivals with p99 <= 50 ms and no failure. */
  readonly reqPerSec: number;
  readonly ratio: number;
  /** At that rate. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How late the generator was at that rate: a part of the latency that is not the server's. */
  readonly lagP99Ms: number;
}

const TARGETS = ['bare', 'bentonest'] as const;
type OpenLoopTarget = (typeof TARGETS)[number];

const P99_MS = 50;
const FIRST_RATE = 1000;
const CONNECTIONS = 512;
const TRIALS = 3;
const WARM_UP = { connections: 32, seconds: 2 };
/** A server that was given too much works off what clients left behind. */
const REST_MS = 500;

interface Best {
  readonly reqPerSec: number;
  readonly figures: PoissonFigures | undefined;
}

export async function searchHighestRates(
  bench: BenchCase,
  { rounds, seconds }: OpenLoopOptions,
): Promise<OpenLoopRow[]> {
  const { file } = await resolveModel(bench.model, { home: MODEL_HOME });
  return withServers(TARGETS, file, async (servers) => {
    for (const target of TARGETS) measure(servers[target].url, requestTo(target, bench), WARM_UP);
    const found: Record<OpenLoopTarget, Best[]> = { bare: [], bentonest: [] };
    for (let round = 0; round < rounds; round++) {
      const best = await searchInTurn((target, requestsPerSecond, seed) => {
        const { url } = servers[target];
        return tryRate(url, requestTo(target, bench), { requestsPerSecond, seconds, seed });
      });
      for (const target of TARGETS) found[target].push(best[target]);
    }
    return TARGETS.map((target) => toRow(bench.name, target, found));
  });
}

type Trial = (target: OpenLoopTarget, rate: number, seed: number) => Promise<PoissonFigures>;

/** The searches advance in turn, because machines change their speed from second to second. */
async function searchInTurn(trial: Trial): Promise<Record<OpenLoopTarget, Best>> {
  const searches = TARGETS.map((target) => ({ target, search: new RateSearch(FIRST_RATE) }));
  const at = new Map<number | string, PoissonFigures>();
  for (let seed = 1; searches.some(({ search }) => search.next !== undefined); seed++) {
    for (const { target, search } of searches) {
      const { next } = search;
      if (next === undefined) continue;
      let figures = await trial(target, next, seed);
      // A pause of the machine is not the server's: a rate fails when it fails repeatedly.
      for (let again = 1; again < TRIALS && !isGood(figures); again++) {
        figures = await trial(target, next, seed + again * 1000);
      }
      search.tell(next, isGood(figures));
      at.set(`${target} ${next}`, figures);
    }
  }
  const best = searches.map(({ target, search: { highest } }) => {
    return [target, { reqPerSec: highest, figures: at.get(`${target} ${highest}`) }] as const;
  });
  return Object.fromEntries(best) as Record<OpenLoopTarget, Best>;
}

function isGood({ failed, p99Ms }: PoissonFigures): boolean {
  return failed === 0 && p99Ms <= P99_MS;
}

async function tryRate(
  url: string,
  { body, contentType }: BenchRequest,
  rate: Pick<PoissonLoad, 'requestsPerSecond' | 'seconds' | 'seed'>,
): Promise<PoissonFigures> {
  const giveUpAt = Math.max(1000, rate.requestsPerSecond);
  const load = { url, body, contentType, ...rate, connections: CONNECTIONS, giveUpAt };
  const figures = await generate(load);
  if (!isGood(figures)) await new Promise((resolve) => setTimeout(resolve, REST_MS));
  return figures;
}

/** Applies the load from another process. */
export async function generate(load: PoissonLoad): Promise<PoissonFigures> {
  const child = fork(new URL('./poisson-load.child.js', import.meta.url), {
    serialization: 'advanced',
  });
  try {
    child.send(load);
    const [answer] = (await once(child, 'message')) as [
      { readonly figures: PoissonFigures } | { readonly error: string },
    ];
    if ('error' in answer) throw new Error(`The load generator failed: ${answer.error}`);
    return answer.figures;
  } finally {
    child.disconnect();
  }
}

function toRow(
  name: string,
  target: OpenLoopTarget,
  found: Readonly<Record<OpenLoopTarget, readonly Best[]>>,
): OpenLoopRow {
  const bests = found[target];
  const medianOf = (pick: (best: Best) => number): number => rounded(median(bests.map(pick)));
  const ratios = bests.map(({ reqPerSec }, round) => {
    return reqPerSec / (found.bare[round]?.reqPerSec ?? NaN);
  });
  return {
    case: name,
    target,
    reqPerSec: Math.round(medianOf(({ reqPerSec }) => reqPerSec)),
    ratio: rounded(median(ratios)),
    p50Ms: medianOf(({ figures }) => figures?.p50Ms ?? NaN),
    p99Ms: medianOf(({ figures }) => figures?.p99Ms ?? NaN),
    lagP99Ms: medianOf(({ figures }) => figures?.lagP99Ms ?? NaN),
  };
}
