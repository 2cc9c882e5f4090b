import { NdArray, parseJsonNdArray, stringifyNdArray } from 'bentonest/tensor';
import { median, rounded } from './statistics.js';
import { usPerCall } from './time-per-call.js';

export interface CodecCostRow {
  readonly codec: string;
  readonly ownUs: number;
  /** JSON.parse and a copy into a typed array, or JSON.stringify of a list. */
  readonly jsonUs: number;
  /** How many times faster ours is: median of the ratios of neighbouring runs. */
  readonly ratio: number;
  /** Least ratio that is promised. */
  readonly bound: number;
}

interface Subject {
  readonly codec: string;
  readonly bound: number;
  readonly own: () => unknown;
  readonly json: () => unknown;
}

const CALLS = 4000;
const ARRAYS = 64;

/** Values of so many digits, as clients send them: greyscale has few, a standardised feature many. */
function numbers(count: number, digits: number, first = 0): number[] {
  return Array.from({ length: count }, (_, i) => {
    return Number(Math.abs(Math.sin(first + i)).toFixed(digits));
  });
}

function decoding(digits: number): Subject {
  const bytes = Buffer.from(JSON.stringify([numbers(784, digits)]));
  return {
    codec: `decode 784 floats of ${digits} digits`,
    bound: 3,
    own: () => parseJsonNdArray(bytes, { dtype: 'float32' }),
    json: () => {
      const rows = JSON.parse(bytes.toString()) as number[][];
      const data = new Float32Array(rows.length * 784);
      for (const [row, values] of rows.entries()) data.set(values, row * 784);
      return data;
    },
  };
}

function encoding(name: string, digits: number): Subject {
  // The language keeps the text of numbers it wrote lately: no value comes twice in a while.
  const arrays = Array.from({ length: ARRAYS }, (_, i) =>
    NdArray.from(numbers(1000, digits, i * 1000), { dtype: 'float32' }),
  );
  let next = 0;
  const take = (): NdArray => arrays[next++ % ARRAYS];
  return {
    codec: `encode 1000 floats, ${name}`,
    bound: 2.5,
    own: () => stringifyNdArray(take()),
    json: () => JSON.stringify(Array.from(take().data as Float32Array)),
  };
}

/** Time per array, ours beside what JSON of the language takes. */
export function measureCodecs(rounds: number): CodecCostRow[] {
  return [
    decoding(4),
    decoding(8),
    decoding(17),
    encoding('probabilities', 17),
    encoding('four digits', 4),
  ].map((subject) => measureSubject(subject, rounds));
}

function measureSubject({ codec, bound, own, json }: Subject, rounds: number): CodecCostRow {
  const runs: { readonly own: number; readonly json: number }[] = [];
  for (let round = -2; round < rounds; round++) {
    const run = { own: usPerCall(CALLS, own), json: usPerCall(CALLS, json) };
    // The first ones are for the compiler.
    if (round >= 0) runs.push(run);
  }
  return {
    codec,
    ownUs: rounded(median(runs.map((run) => run.own))),
    jsonUs: rounded(median(runs.map((run) => run.json))),
    ratio: rounded(median(runs.map((run) => run.json / run.own))),
    bound,
  };
}
