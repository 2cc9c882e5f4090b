import type { IoDescriptor } from 'bentonest/io';

// eslint-disable-next-line typescript/no-explicit-any -- a descriptor of any T; `unknown` would refuse them all
type AnyDescriptor = IoDescriptor<any>;

/** Descriptors of several parameters by their names in the body, in the parameters' order. */
export type DescriptorsByName = Readonly<Record<string, AnyDescriptor>>;

/** Options of {@link Api}. */
export interface ApiOptions {
  /**
   * Reads the request's body: one descriptor for one parameter, or one by name for each of several.
   *
   * @default by the types of the parameters: NdArray → ndarray(), DataFrame → dataFrame(), Buffer →
   *   file(), a DTO class → json(Dto), a string → text(), number and boolean as JSON or text; several
   *   are the values of one JSON object, or the parts of a form, under their names, strings as JSON
   */
  input?: AnyDescriptor | DescriptorsByName;
  /**
   * Writes the result.
   *
   * @default by the result: NdArray → ndarray(), a string as text, anything else as JSON
   */
  output?: AnyDescriptor;
  /** HTTP method. Those without a body have no body parameters. @default 'POST' */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Name of the operation in the API document. @default the method's name */
  name?: string;
  /** One line for the API document. */
  summary?: string;
  /** Text for the API document, in Markdown. */
  description?: string;
  /**
   * Time in milliseconds that the method has. Then the answer is 504, and the runner calls that it
   * made are aborted, as is the signal of `@Ctx()`; what else it does goes on.
   *
   * @default that of the service, else of the server, else no limit but the runners' own
   */
  timeoutMs?: number;
  /**
   * Most runs of the method at a time, in each process of the server. Further requests are answered
   * 429 with Retry-After.
   *
   * @default no limit
   */
  maxConcurrency?: number;
}

export interface ApiMetadata extends ApiOptions {
  readonly route: string | undefined;
}

const apis = new WeakMap<object, ApiMetadata>();

/**
 * Serves a method at `POST <route>`; the route defaults to `/<method name>`. What stands in the place
 * of `:name` in a route is what Nest's `@Param('name')` gives.
 *
 * @example
 * @Api({ input: ndarray({ dtype: 'float32', shape: [-1, 4] }), output: ndarray() })
 * classify(input: NdArray): Promise<NdArray> { … }
 */
export function Api(options?: ApiOptions): MethodDecorator;
export function Api(route: string, options?: ApiOptions): MethodDecorator;
export function Api(first?: string | ApiOptions, second?: ApiOptions): MethodDecorator {
  const metadata: ApiMetadata =
    typeof first === 'string' ? { ...second, route: first } : { ...first, route: undefined };
  // Only recorded here: the controller is generated when all decorators have run, in any order.
  return (_prototype, _key, descriptor: PropertyDescriptor) => {
    apis.set(descriptor.value as object, metadata);
  };
}

export function isDescriptor(input: AnyDescriptor | DescriptorsByName): input is AnyDescriptor {
  return typeof (input as { decode?: unknown }).decode === 'function';
}

/** What `@Api` recorded for a method. */
export function getApiMetadata(method: object): ApiMetadata | undefined {
  return apis.get(method);
}
