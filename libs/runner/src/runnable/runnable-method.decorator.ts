import type { MethodDescription } from '../wire/frame.js';

/** Options of {@link RunnableMethod}. */
export interface RunnableMethodOptions {
  /**
   * Calls may be joined into a batch: every argument is an NdArray (or a record of them) with the
   * batch along `batchDim`, and so is the result.
   *
   * @default false
   */
  batchable?: boolean;
  /**
   * Batch dimension of the arguments and of the result, one number for both or `[input, output]`.
   *
   * @default 0
   */
  batchDim?: number | readonly [input: number, output: number];
}

// A registered symbol: the user's file and the worker may have loaded two copies of this package.
const METHODS = Symbol.for('bentonest.runnable.methods');

type Decorated = { [METHODS]?: MethodDescription[] };

/**
 * Makes a method of a Runnable callable through its Runner: `runner.<method>.run(…)`.
 * Arguments and results are NdArrays, records of NdArrays, or JSON.
 *
 * @example
 * export class Doubler {
 *   @RunnableMethod({ batchable: true })
 *   predict(input: NdArray): NdArray { … }
 * }
 */
export function RunnableMethod(options: RunnableMethodOptions = {}): MethodDecorator {
  const { batchable = false, batchDim = 0 } = options;
  const dims = typeof batchDim === 'number' ? ([batchDim, batchDim] as const) : batchDim;
  return (prototype, key) => {
    const owner = prototype.constructor as Decorated;
    const inherited = owner[METHODS] ?? [];
    const description = { name: String(key), batchable, batchDim: dims };
    const others = inherited.filter((method) => method.name !== description.name);
    Object.defineProperty(owner, METHODS, { value: [...others, description], configurable: true });
  };
}

/** The decorated methods of a Runnable class, its parents' included. */
export function getRunnableMethods(runnable: object): readonly MethodDescription[] {
  return (runnable.constructor as Decorated)[METHODS] ?? [];
}
