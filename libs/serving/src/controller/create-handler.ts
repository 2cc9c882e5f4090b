import { ServiceConfigurationError } from 'bentonest/errors';
import type { FastifyRequest } from 'fastify';
import type { ApiOptions } from '../api.decorator.js';
import { runForClient, streamForClient } from '../http/client-scope.js';
import type { Run, RunOptions } from '../http/client-scope.js';
import { ConcurrencyLimit } from '../http/concurrency-limit.js';
import { createLineEncoder } from '../output/encode-line.js';
import { markLines, markSucceeded } from '../output/encode-result.js';
import type { BodyParameters } from './body-parameter.js';

export type Method = (...args: unknown[]) => unknown;
export type ServiceInstance = Readonly<Record<string, Method>>;

interface HandlerOptions extends Pick<ApiOptions, 'timeoutMs' | 'maxConcurrency' | 'output'> {
  /** `IrisClassifier#classify`, for messages. */
  readonly owner: string;
  readonly body: BodyParameters | undefined;
}

const AsyncFunction = (async (): Promise<void> => {}).constructor;
const GeneratorFunction = function* (): Generator {}.constructor;
const AsyncGeneratorFunction = async function* (): AsyncGenerator {}.constructor;

/**
 * The controller's method that calls the service's. Its last argument is the request; the others are
 * the service method's, but that of several body parameters the first is the list of their values.
 *
 * @throws ServiceConfigurationError for a limit that is none.
 */
export function createHandler(name: string, original: Method, options: HandlerOptions): Method {
  checkLimits(options);
  const run = chooseRun(original, options);
  const { body } = options;
  const spread = body?.isList === true ? body.indexes : undefined;
  const named = {
    [name](this: { readonly service: ServiceInstance }, ...args: unknown[]): unknown {
      const request = args.pop() as FastifyRequest;
      if (spread !== undefined) spreadBody(args, spread);
      const { service } = this;
      return run({ request, handle: () => service[name].apply(service, args) });
    },
  };
  return named[name];
}

function chooseRun(original: Method, options: HandlerOptions): (run: Run) => unknown {
  const { timeoutMs, maxConcurrency, output } = options;
  const encodeItem = createLineEncoder(output);
  const settings: RunOptions = {
    isAsync: original instanceof AsyncFunction,
    onSuccess: markSucceeded,
    encodeItem,
    onStream: encodeItem === undefined ? markSucceeded : markLines,
    timeoutMs,
    limit: maxConcurrency === undefined ? undefined : new ConcurrencyLimit(maxConcurrency),
  };
  return original instanceof GeneratorFunction || original instanceof AsyncGeneratorFunction
    ? (run) => streamForClient(run, settings)
    : (run) => runForClient(run, settings);
}

function spreadBody(args: unknown[], indexes: readonly number[]): void {
  const values = args[indexes[0]] as readonly unknown[];
  for (const [position, index] of indexes.entries()) args[index] = values[position];
}

function checkLimits({ owner, timeoutMs, maxConcurrency }: HandlerOptions): void {
  for (const [option, value] of Object.entries({ timeoutMs, maxConcurrency })) {
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
    throw new ServiceConfigurationError(
      `@Api of ${owner} has as ${option} ${String(value)}; expected a whole number from 1.`,
    );
  }
}
