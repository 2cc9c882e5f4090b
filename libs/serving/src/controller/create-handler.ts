import { ServiceConfigurationError } from 'bentonest/errors';
import type { FastifyRequest } from 'fastify';
import type { ApiOptions } from '../api.decorator.js';
import { TooManyRequestsError } from '../errors/serving.errors.js';
import { runForClient, streamForClient } from '../http/client-scope.js';
import { markSucceeded } from '../output/encode-result.js';
import type { BodyParameters } from './body-parameter.js';

export type Method = (...args: unknown[]) => unknown;
export type ServiceInstance = Readonly<Record<string, Method>>;

interface HandlerOptions extends Pick<ApiOptions, 'timeoutMs' | 'maxConcurrency'> {
  readonly body: BodyParameters | undefined;
}

/** Runs a service's method for a request; `handle` calls it. */
type Run = (request: FastifyRequest, handle: () => unknown) => unknown;

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
  checkLimits(name, options);
  const run = limit(chooseRun(original, options), options.maxConcurrency);
  const { body } = options;
  const spread = body?.isList === true ? body.indexes : undefined;
  const named = {
    [name](this: { readonly service: ServiceInstance }, ...args: unknown[]): unknown {
      const request = args.pop() as FastifyRequest;
      if (spread !== undefined) spreadBody(args, spread);
      const { service } = this;
      return run(request, () => service[name].apply(service, args));
    },
  };
  return named[name];
}

function chooseRun(original: Method, { timeoutMs }: HandlerOptions): Run {
  const onSuccess = markSucceeded;
  if (original instanceof GeneratorFunction || original instanceof AsyncGeneratorFunction) {
    return (request, handle) => streamForClient(request, { handle, onSuccess });
  }
  const isAsync = original instanceof AsyncFunction;
  return (request, handle) => runForClient(request, { isAsync, handle, onSuccess, timeoutMs });
}

/** Refuses runs above the limit; a method without one is run as it is. */
function limit(run: Run, maxConcurrency: number | undefined): Run {
  if (maxConcurrency === undefined) return run;
  let active = 0;
  const end = (): void => void active--;
  return (request, handle) => {
    if (active >= maxConcurrency) throw new TooManyRequestsError(maxConcurrency);
    active++;
    let result: unknown;
    try {
      result = run(request, handle);
    } catch (error) {
      end();
      throw error;
    }
    if (result instanceof Promise) result.then(end, end);
    else end();
    return result;
  };
}

function spreadBody(args: unknown[], indexes: readonly number[]): void {
  const values = args[indexes[0]] as readonly unknown[];
  for (const [position, index] of indexes.entries()) args[index] = values[position];
}

function checkLimits(name: string, { timeoutMs, maxConcurrency }: HandlerOptions): void {
  for (const [option, value] of Object.entries({ timeoutMs, maxConcurrency })) {
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
    throw new ServiceConfigurationError(
      `@Api of ${name} has as ${option} ${String(value)}; expected a whole number from 1.`,
    );
  }
}
