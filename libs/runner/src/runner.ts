import type { NdArray } from 'bentonest/tensor';
import type { CallOptions } from './dispatch/call.js';
import type { Runnable } from './runnable/runnable.js';
import { RunnerOptionsError } from './runner.errors.js';

/** A method of a Runnable as its callers see it. Calls of a batchable one are joined with others'. */
export interface RunnerMethod<Args extends readonly unknown[], Result> {
  /**
   * Calls the method in a worker. The last argument may be {@link CallOptions}.
   *
   * @throws RunnerOverloadedError, RunnerTimeoutError, RunnerWorkerLostError, and what the Runnable
   * throws.
   */
  run(...args: [...Args, options?: CallOptions]): Promise<Result>;
  /** The same, under the name that BentoML's users know. */
  asyncRun(...args: [...Args, options?: CallOptions]): Promise<Result>;
}

/** Methods that no call reaches: the worker's hooks of a Runnable, and those of the handle itself. */
type NotCalled = keyof Runnable | keyof RunnerHandle;

/** The methods of a Runnable class as RunnerMethods; those of {@link Runnable} are not among them. */
export type RunnerMethods<Class> = {
  readonly [
    Name in Exclude<keyof Class, NotCalled> as Class[Name] extends (...args: never) => unknown
      ? Name
      : never
  ]: Class[Name] extends (...args: infer Args) => infer Result
    ? RunnerMethod<Args, Awaited<Result>>
    : never;
};

/** Without a type argument, methods take any arguments and answer an NdArray, as `predict` does. */
interface UntypedMethods {
  readonly [method: string]: RunnerMethod<readonly unknown[], NdArray>;
}

export type RunnerState = 'starting' | 'ready' | 'failed' | 'stopped';

/** What stands behind a handle; `call` queues a call by the method's name. */
export interface RunnerControl {
  call(method: string, args: readonly unknown[], options?: CallOptions): Promise<unknown>;
  reload(model?: string): Promise<void>;
  scale(workers: number): Promise<void>;
}

class RunnerHandle {
  readonly #control: RunnerControl;

  constructor(
    readonly name: string,
    control: RunnerControl,
  ) {
    this.#control = control;
  }

  /**
   * Replaces the workers by ones that load the model anew, or `model`, another tag. The old ones serve
   * until all new ones have loaded and warmed up, so both are in memory for that time.
   *
   * @throws RunnerStartError when the model does not load, and what resolving it throws: the old
   * workers then go on serving.
   */
  reload(model?: string): Promise<void> {
    return this.#control.reload(model);
  }

  /**
   * Changes the number of workers and resolves when it is reached. Where `workers` has bounds, it
   * changes further by the load.
   *
   * @throws RunnerStartError when a new worker does not load; RunnerOptionsError for a number below 1
   * or outside the bounds, or an embedded runner.
   */
  scale(workers: number): Promise<void> {
    return this.#control.scale(workers);
  }
}

/**
 * The handle of a runner: `runner.<method>.run(…)`. Inject it with `@InjectRunner(name)`.
 *
 * @example
 * constructor(@InjectRunner('iris_clf') private readonly irisClf: Runner) {}
 * // or typed, with the methods of onnxRunner or with a Runnable of your own:
 * constructor(@InjectRunner('iris_clf') private readonly irisClf: Runner<OnnxMethods>) {}
 * constructor(@InjectRunner('doubler') private readonly doubler: Runner<Doubler>) {}
 */
export type Runner<Class = UntypedMethods> = RunnerHandle &
  (Class extends UntypedMethods ? Class : RunnerMethods<Class>);

/** The handle's class, so that `Runner` can be the type of a decorated parameter. */
export const Runner = RunnerHandle;

/** Makes the handle; its methods come into being when they are first named. */
export function createRunnerHandle(name: string, control: RunnerControl): Runner {
  const handle = new RunnerHandle(name, control);
  const methods = new Proxy(Object.getPrototypeOf(handle) as object, {
    get(prototype, key, receiver) {
      // Promises and loggers probe for these; a Runnable's methods are named by strings.
      if (typeof key === 'symbol' || key === 'then' || key in prototype) {
        return Reflect.get(prototype, key, receiver) as unknown;
      }
      const method = createMethod(key, control);
      Object.defineProperty(receiver, key, { value: method });
      return method;
    },
  });
  return Object.setPrototypeOf(handle, methods) as Runner;
}

function createMethod(
  method: string,
  control: RunnerControl,
): RunnerMethod<readonly unknown[], unknown> {
  const run = (...args: readonly unknown[]): Promise<unknown> => {
    const last = args.at(-1);
    if (!isCallOptions(last, args.length === 1)) return control.call(method, args);
    const error = checkCallOptions(last);
    if (error !== undefined) return Promise.reject(error);
    return control.call(method, args.slice(0, -1), last);
  };
  return { run, asyncRun: run };
}

function checkCallOptions({ timeoutMs, priority }: CallOptions): Error | undefined {
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    return new RunnerOptionsError(
      `timeoutMs of a call must be a positive number of milliseconds, got ${timeoutMs}.`,
    );
  }
  if (priority === undefined || Number.isFinite(priority)) return undefined;
  return new RunnerOptionsError(`priority of a call must be a finite number, got ${priority}.`);
}

const OPTION_KEYS: readonly string[] = ['signal', 'timeoutMs', 'priority'];

/** Told from an argument by its keys: it has no others, and as the only one it has one of these. */
function isCallOptions(value: unknown, isOnly: boolean): value is CallOptions {
  if (typeof value !== 'object' || value === null) return false;
  // Mostly it is a tensor, of which nothing need be looked at.
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  const keys = Object.keys(value);
  if (isOnly && keys.length === 0) return false;
  const { signal, timeoutMs, priority } = value as CallOptions;
  return (
    keys.every((key) => OPTION_KEYS.includes(key)) &&
    (signal === undefined || signal instanceof AbortSignal) &&
    (timeoutMs === undefined || typeof timeoutMs === 'number') &&
    (priority === undefined || typeof priority === 'number')
  );
}
