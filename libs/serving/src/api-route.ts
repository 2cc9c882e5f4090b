import { FileUpload, dataFrame, file, ndarray } from 'bentonest/io';
import type { IoDescriptor } from 'bentonest/io';
import { DataFrame, NdArray } from 'bentonest/tensor';
import type { ServiceMetadata } from './bento-service.decorator.js';
import type { ConcurrencyLimit } from './http/concurrency-limit.js';

/** One `@Api` method as it is served; travels in the Fastify route's `config`. */
export class ApiRoute {
  /** Reads the body; undefined where the method takes none, or takes it by Nest's own `@Body()`. */
  readonly input: IoDescriptor | undefined;
  readonly output: IoDescriptor | undefined;

  constructor(
    readonly service: ServiceMetadata,
    /** `IrisClassifier#classify`, for messages. */
    readonly owner: string,
    { input, output }: RouteDescriptors,
    readonly limits: RouteLimits = {},
  ) {
    this.input = input;
    this.output = output;
  }
}

interface RouteDescriptors {
  readonly input: IoDescriptor | undefined;
  readonly output: IoDescriptor | undefined;
}

/** What bounds the runs of one method. */
export interface RouteLimits {
  readonly timeoutMs?: number | undefined;
  readonly concurrency?: ConcurrencyLimit | undefined;
}

const ndArrayOutput = ndarray();
const dataFrameOutput = dataFrame();
const fileOutput = file() as IoDescriptor;

/** Where no output is declared, what has a descriptor is written by it, and the rest is left to Nest. */
export function defaultOutput(result: unknown): IoDescriptor | undefined {
  if (result instanceof NdArray) return ndArrayOutput;
  if (result instanceof DataFrame) return dataFrameOutput;
  return result instanceof FileUpload ? fileOutput : undefined;
}

/** The same by the declared type of a result. */
export function defaultOutputOf(type: unknown): IoDescriptor | undefined {
  if (type === NdArray) return ndArrayOutput;
  if (type === DataFrame) return dataFrameOutput;
  return type === FileUpload ? fileOutput : undefined;
}

/** Key of the ApiRoute in a Fastify route's config. */
export const ROUTE_CONFIG_KEY = 'bentonest';

/** The ApiRoute of a Fastify route or request, if it is one of ours. */
export function getApiRoute(config: unknown): ApiRoute | undefined {
  if (typeof config !== 'object' || config === null) return undefined;
  const route = (config as Record<string, unknown>)[ROUTE_CONFIG_KEY];
  return route instanceof ApiRoute ? route : undefined;
}

/** Config of a Fastify route that serves the operation of the server: no limit of the server's holds. */
export const INFRASTRUCTURE_CONFIG = { bentonestInfrastructure: true };

export function isInfrastructure(config: unknown): boolean {
  const { bentonestInfrastructure = false } = (config ?? {}) as Partial<
    typeof INFRASTRUCTURE_CONFIG
  >;
  return bentonestInfrastructure;
}
