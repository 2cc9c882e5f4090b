import type { IoDescriptor } from 'bentonest/io';

/** Options of {@link Api}. */
export interface ApiOptions {
  /**
   * Reads the request's body.
   *
   * @default by the type of the method's body parameter: NdArray → ndarray(), a DTO class → json(Dto)
   */
  // eslint-disable-next-line typescript/no-explicit-any -- a descriptor of any T; `unknown` would refuse them all
  input?: IoDescriptor<any>;
  /**
   * Writes the result.
   *
   * @default by the result: NdArray → ndarray(), a string as text, anything else as JSON
   */
  // eslint-disable-next-line typescript/no-explicit-any -- as above
  output?: IoDescriptor<any>;
}

export interface ApiMetadata extends ApiOptions {
  readonly route: string | undefined;
}

const apis = new WeakMap<object, ApiMetadata>();

/**
 * Serves a method at `POST <route>`; the route defaults to `/<method name>`.
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

/** What `@Api` recorded for a method. */
export function getApiMetadata(method: object): ApiMetadata | undefined {
  return apis.get(method);
}
