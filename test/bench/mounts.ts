// What it costs an application to be mounted: its routes here against the same application alone, as
// closed loops in short slices, in turn.
import { resolveModel } from 'bentonest/model-store';
import { findPython } from '../e2e/python-environment.js';
import { MODEL_HOME } from './cases.js';
import type { BenchRequest } from './cases.js';
import { measure } from './load.js';
import { startExpressAlone, startMounts, startUvicornAlone } from './servers.js';
import type { BenchServer } from './servers.js';
import { median, rounded } from './statistics.js';

interface Row {
  readonly measure: string;
  readonly figure: number;
  readonly bound: string;
}

interface Comparison {
  readonly measure: string;
  readonly bound: string;
  readonly mounted: string;
  readonly alone: string;
}

interface Slices {
  readonly rounds: number;
  readonly seconds: number;
}

const PYTHON = ['fastapi>=0.110', 'uvicorn[standard]>=0.30', 'numpy', 'onnxruntime'];
const FLOWER = { sepal_len: 6.2, sepal_width: 3.2, petal_len: 5.2, petal_width: 2.2 };
const REQUEST: BenchRequest = {
  body: Buffer.from(JSON.stringify(FLOWER)),
  contentType: 'application/json',
};
const CONNECTIONS = 32;
const WARM_UP_SECONDS = 3;
/** A server that was idle while another was measured has forgotten some of what V8 had compiled. */
const RUN_UP_SECONDS = 1;

export async function measureMounts(rounds: number, seconds: number): Promise<Row[]> {
  const python = await findPython(PYTHON);
  const { file } = await resolveModel('iris_clf', { home: MODEL_HOME });
  const started: BenchServer[] = [];
  const start = async (server: Promise<BenchServer>): Promise<string> => {
    started.push(await server);
    return started.at(-1)?.url ?? '';
  };
  try {
    const mounts = await start(startMounts(file, python));
    const express = await start(startExpressAlone());
    const pairs = [ofExpress(mounts, express)];
    if (python !== undefined) {
      pairs.push(...ofFastapi(mounts, await start(startUvicornAlone(python, file))));
    }
    return pairs.flatMap((pair) => compare(pair, { rounds, seconds }));
  } finally {
    for (const { stop } of started) await stop();
  }
}

function ofExpress(mounts: string, express: string): Comparison {
  return {
    measure: 'Express mounted / alone',
    bound: '>= 0.9',
    mounted: `${mounts}/express/sum`,
    alone: `${express}/sum`,
  };
}

function ofFastapi(mounts: string, uvicorn: string): readonly Comparison[] {
  return [
    {
      measure: 'FastAPI mounted / under uvicorn alone',
      bound: '>= 0.8',
      mounted: `${mounts}/py/sum`,
      alone: `${uvicorn}/sum`,
    },
    {
      measure: 'predict_fastapi_async by the runner / by onnxruntime in its process',
      bound: '>= 0.8',
      mounted: `${mounts}/py/predict_fastapi_async`,
      alone: `${uvicorn}/predict_fastapi_async`,
    },
  ];
}

function compare({ measure: name, bound, mounted, alone }: Comparison, slices: Slices): Row[] {
  const load = { connections: CONNECTIONS, seconds: slices.seconds };
  for (const url of [mounted, alone]) measure(url, REQUEST, { ...load, seconds: WARM_UP_SECONDS });
  const figures = Array.from({ length: slices.rounds }, () => {
    const [ours, theirs] = [mounted, alone].map((url) => {
      measure(url, REQUEST, { ...load, seconds: RUN_UP_SECONDS });
      return measure(url, REQUEST, load).reqPerSec;
    });
    return { theirs, ratio: ours / theirs };
  });
  return [
    { measure: name, figure: rounded(median(figures.map(({ ratio }) => ratio))), bound },
    {
      measure: '  alone, requests per second',
      figure: Math.round(median(figures.map(({ theirs }) => theirs))),
      bound: '',
    },
  ];
}
