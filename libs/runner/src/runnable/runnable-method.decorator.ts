import { RunnerOptionsError } from '../runner.errors.js';
import type { MethodDescription } from '../wire/frame.js';
import type { Runnable } from './runnable.js';

/** Options of {@link RunnableMethod}. */
export interface RunnableMethodOptions {
  /**
   * Calls may be joined into a batch: every argument is an NdArray or a record of them, with the batch
   * along `batchDim`, or a DataFrame, whose rows are the batch; and so is the result.
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
  /**
   * A call whose worker dies is tried once more, by itself, in another worker. Only for methods that
   * may run twice.
   *
   * @default false
   */
  idempotent?: boolean;
}

/** What the runner's handle has itself, and `then`, by which it would pass for a promise. */
const RESERVED = ['name', 'reload', 'scale', 'then'];

/** Hooks, which the worker calls. */
const HOOKS: readonly string[] = [
  'setup',
  'metadata',
  'describeMethods',
  'exampleCalls',
  'close',
] satisfies (keyof Runnable)[];

// A registered symbol: the user's file and the worker may have loaded two copies of this package.
const METHODS = Symbol.for('bentonest.runnable.methods');

type Decorated = { [METHODS]?: MethodDescription[] };

/**
 * Makes a method of a Runnable callable through its Runner: `runner.<method>.run(…)`.
 * Arguments and results are NdArrays, records of NdArrays, DataFrames, or JSON.
 *
 * @throws RunnerOptionsError for a name that the runner's handle has itself: name, reload, scale; for
 * `then`, by which it would pass for a promise; and for a Runnable's hooks.
 * @example
 * export class Doubler {
 *   @RunnableMethod({ batchable: true })
 *   predict(input: NdArray): NdArray { … }
 * }
 */
export function RunnableMethod(options: RunnableMethodOptions = {}): MethodDecorator {
  const { batchable = false, batchDim = 0, idempotent = false } = options;
  const dims = typeof batchDim === 'number' ? ([batchDim, batchDim] as const) : batchDim;
  return (prototype, key) => {
    const isHook = HOOKS.includes(String(key));
    if (isHook || RESERVED.includes(String(key))) {
      const why = isHook ? 'the worker calls a hook of' : 'the runner itself has';
      throw new RunnerOptionsError(
        `A Runnable's method cannot be called "${String(key)}": ${why} that name. Rename ${prototype.constructor.name}#${String(key)}.`,
      );
    }
    const owner = prototype.constructor as Decorated;
    const inherited = owner[METHODS] ?? [];
    const description: MethodDescription = {
      name: String(key),
      batchable,
      batchDim: dims,
      ...(idempotent ? { idempotent } : {}),
    };
    const others = inherited.filter((method) => method.name !== description.name);
    Object.defineProperty(owner, METHODS, { value: [...others, description], configurable: true });
  };
}

/** The decorated methods of a Runnable class, its parents' included. */
export function getRunnableMethods(runnable: object): readonly MethodDescription[] {
  return (runnable.constructor as Decorated)[METHODS] ?? [];
}
