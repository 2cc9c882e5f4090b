import { fileURLToPath } from 'node:url';
import { NdArray, encodeNpy } from 'bentonest/tensor';

/** Who answers: bare Fastify with onnxruntime-node in process, and we, with a worker and without. */
export const TARGETS = ['bare', 'bentonest', 'bentonest-embedded'] as const;
export type Target = (typeof TARGETS)[number];

/** A POST; what comes back is JSON. */
export interface BenchRequest {
  readonly body: Uint8Array;
  readonly contentType: string;
}

export interface BenchCase {
  readonly name: string;
  /** Its tag in test/models/store. */
  readonly model: string;
  readonly request: BenchRequest;
  /** What bare gets: it reads JSON only. */
  readonly bareRequest: BenchRequest;
}

/** From dist/test/bench, where this file runs. */
export const MODEL_HOME = fileURLToPath(new URL('../../../test/models/store', import.meta.url));

const iris = [[6.2, 3.2, 5.2, 2.2]];
/** Greyscale values as clients send them: four digits. */
const digit = [Array.from({ length: 784 }, (_, i) => Number(Math.abs(Math.sin(i)).toFixed(4)))];

function asJson(rows: number[][]): BenchRequest {
  return { body: Buffer.from(JSON.stringify(rows)), contentType: 'application/json' };
}

function asNpy(rows: number[][]): BenchRequest {
  const body = encodeNpy(NdArray.from(rows, { dtype: 'float32' }));
  return { body, contentType: 'application/vnd.npy' };
}

const CASES: readonly BenchCase[] = [
  { name: 'iris', model: 'iris_clf', request: asJson(iris), bareRequest: asJson(iris) },
  { name: 'mlp', model: 'mlp', request: asJson(digit), bareRequest: asJson(digit) },
  { name: 'mlp-binary', model: 'mlp', request: asNpy(digit), bareRequest: asJson(digit) },
];

/** All cases, or the one that `--only` names. */
export function selectCases(only: string | undefined): readonly BenchCase[] {
  const selected = CASES.filter(({ name }) => only === undefined || name === only);
  if (selected.length > 0) return selected;
  throw new RangeError(
    `No case "${only}". There are: ${CASES.map(({ name }) => name).join(', ')}.`,
  );
}

export function requestTo(target: Target, bench: BenchCase): BenchRequest {
  return target === 'bare' ? bench.bareRequest : bench.request;
}
