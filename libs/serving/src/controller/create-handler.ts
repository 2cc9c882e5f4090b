import { SSE_METADATA } from '@nestjs/common/constants.js';
import type { FastifyRequest } from 'fastify';
import type { RouteLimits } from '../api-route.js';
import type { ApiOptions } from '../api.decorator.js';
import { runForClient, streamForClient } from '../http/client-scope.js';
import type { Run, RunOptions } from '../http/client-scope.js';
import { createLineEncoder } from '../output/encode-line.js';
import { markLines, markSucceeded } from '../output/encode-result.js';
import type { BodyParameters } from './body-parameter.js';

export type Method = (...args: unknown[]) => unknown;
export type ServiceInstance = Readonly<Record<string, Method>>;

interface HandlerOptions extends Pick<ApiOptions, 'output'> {
  readonly body: BodyParameters | undefined;
  readonly limits: RouteLimits;
}

const AsyncFunction = (async (): Promise<void> => {}).constructor;
const GeneratorFunction = function* (): Generator {}.constructor;
const AsyncGeneratorFunction = async function* (): AsyncGenerator {}.constructor;

/**
 * The controller's method that calls the service's. Its last argument is the request; the others are
 * the service method's, but that of several body parameters the first is the list of their values.
 */
export function createHandler(name: string, original: Method, options: HandlerOptions): Method {
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
  const { limits, output } = options;
  const encodeItem = createLineEncoder(output);
  const settings: RunOptions = {
    isAsync: original instanceof AsyncFunction,
    isStream: Reflect.hasMetadata(SSE_METADATA, original),
    onSuccess: markSucceeded,
    encodeItem,
    onStream: encodeItem === undefined ? markSucceeded : markLines,
    timeoutMs: limits.timeoutMs,
    limit: limits.concurrency,
  };
  return original instanceof GeneratorFunction || original instanceof AsyncGeneratorFunction
    ? (run) => streamForClient(run, settings)
    : (run) => runForClient(run, settings);
}

function spreadBody(args: unknown[], indexes: readonly number[]): void {
  const values = args[indexes[0]] as readonly unknown[];
  for (const [position, index] of indexes.entries()) args[index] = values[position];
}
