// npm run bench [-- <mode>] [--json] [--only <case>] [--rounds n] [--seconds n]
//   no mode       closed loop: requests per second and latency at 1 and 32 connections, against bare;
//                 then, without --only, what --routes and --codecs measure
//   --open-loop   highest Poisson rate with p99 <= 50 ms, against bare
//   --ceiling     what Fastify and Nest answer without a model: the most that a ratio can be
//   --in-flight   1, 2 and 3 batches in flight per worker
//   --dispatcher  the dispatcher's own cost per call; --profile tells where it goes
//   --dto         checks of DTOs: compiled, by class-validator, and what parsing their JSON takes
//   --routes      a DTO's route against one without validation and one with Nest's ValidationPipe
//   --codecs      JSON of ndarrays, read and written, against JSON.parse and JSON.stringify
//   --operations  what observing costs, the time to the first answer, and memory at rest
//   --mounts      routes of mounted Express and FastAPI applications against the same applications alone
//   --goodput     calls answered in time under a simulated model, against the ideal
//   --fairness    four API connections to one worker
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { selectCases } from './cases.js';

const { values } = parseArgs({
  options: {
    'open-loop': { type: 'boolean', default: false },
    ceiling: { type: 'boolean', default: false },
    'in-flight': { type: 'boolean', default: false },
    dispatcher: { type: 'boolean', default: false },
    dto: { type: 'boolean', default: false },
    routes: { type: 'boolean', default: false },
    codecs: { type: 'boolean', default: false },
    operations: { type: 'boolean', default: false },
    mounts: { type: 'boolean', default: false },
    goodput: { type: 'boolean', default: false },
    fairness: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
  },
});

function numberOr(fallback: number, text: string | undefined): number {
  const number = text === undefined ? fallback : Number(text);
  if (number > 0) return number;
  throw new RangeError(`--rounds and --seconds take a positive number, got "${text}".`);
}

/** Each mode is loaded where it is asked for: none of them measures beside another's code. */
async function run(): Promise<readonly (readonly object[])[]> {
  const rows = await runMode();
  const isPlain = !Object.entries(values).some(
    ([name, value]) => value === true && name !== 'json',
  );
  if (!isPlain || values.only !== undefined) return [rows];
  return [rows, await runRoutes(), await runCodecs()];
}

const rounds = (fallback: number): number => numberOr(fallback, values.rounds);
const seconds = (fallback: number): number => numberOr(fallback, values.seconds);

async function runRoutes(): Promise<readonly object[]> {
  const { measureRoutes } = await import('./routes.js');
  return measureRoutes(rounds(5), seconds(2));
}

async function runCodecs(): Promise<readonly object[]> {
  const { measureCodecs } = await import('./codec-cost.js');
  return measureCodecs(rounds(9));
}

async function runMode(): Promise<readonly object[]> {
  if (values.dispatcher) {
    const { measureDispatcher, profileDispatcher } = await import('./dispatcher-cost.js');
    return values.profile ? profileDispatcher() : measureDispatcher(rounds(9));
  }
  if (values.dto) {
    const { measureDtos } = await import('./dto-cost.js');
    return measureDtos(rounds(9));
  }
  if (values.routes) return runRoutes();
  if (values.codecs) return runCodecs();
  if (values.operations) {
    const { measureOperations } = await import('./operations.js');
    return measureOperations(rounds(5), seconds(2));
  }
  if (values.ceiling) {
    const { measureCeiling } = await import('./ceiling.js');
    return measureCeiling(rounds(5), seconds(2));
  }
  if (values.mounts) {
    const { measureMounts } = await import('./mounts.js');
    return measureMounts(rounds(5), seconds(2));
  }
  if (values.goodput) {
    const { goodputTable } = await import('./goodput.js');
    return goodputTable(seconds(10));
  }
  if (values.fairness) {
    const { measureFairness } = await import('./fairness.js');
    return measureFairness(seconds(2));
  }
  const rows: object[] = [];
  for (const bench of selectCases(values.only)) {
    if (values['open-loop']) {
      const { searchHighestRates } = await import('./open-loop.js');
      rows.push(...(await searchHighestRates(bench, { rounds: rounds(1), seconds: seconds(3) })));
    } else if (values['in-flight']) {
      const { measureInFlight } = await import('./in-flight.js');
      rows.push(...(await measureInFlight(bench, { rounds: rounds(5), seconds: seconds(2) })));
    } else {
      const { runClosedLoop } = await import('./closed-loop.js');
      rows.push(...(await runClosedLoop(bench, { rounds: rounds(5), seconds: seconds(2) })));
    }
  }
  return rows;
}

try {
  const tables = await run();
  if (values.json) {
    console.log(JSON.stringify(tables.flat()));
  } else {
    const processor = cpus()[0]?.model ?? 'unknown processor';
    const { generator } = await import('./load.js');
    const machine = `${availableParallelism()} cores, ${processor}, Node ${process.version}`;
    console.log(`${machine}; closed loops by ${generator}`);
    for (const rows of tables) console.table(rows);
  }
} catch (error) {
  console.error(error instanceof RangeError ? error.message : error);
  process.exitCode = 1;
}
