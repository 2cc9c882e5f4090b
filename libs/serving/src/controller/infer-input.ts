import { ServiceConfigurationError } from 'bentonest/errors';
import { json, ndarray, scalar } from 'bentonest/io';
import type { DtoClass, IoDescriptor } from 'bentonest/io';
import { NdArray } from 'bentonest/tensor';

/** What a parameter's type says about its body, alone and beside others. */
const BY_TYPE = new Map<unknown, () => IoDescriptor>([
  [NdArray, () => ndarray() as IoDescriptor],
  [String, () => scalar('string')],
  [Number, () => scalar('number')],
  [Boolean, () => scalar('boolean')],
]);

/** Types that say nothing: of interfaces, unions, `unknown` and types imported as types. */
const UNTYPED = new Set<unknown>([Object, Array, Function, Promise, undefined]);
const WITHOUT_DESCRIPTOR = new Set<unknown>([Buffer, Uint8Array, Map, Set, Date]);

/** @throws ServiceConfigurationError when the type says nothing, naming method and cure. */
export function inferInput(type: unknown, where: string): IoDescriptor {
  const known = BY_TYPE.get(type);
  if (known !== undefined) return known();
  if (typeof type === 'function' && !UNTYPED.has(type) && !WITHOUT_DESCRIPTOR.has(type)) {
    return json(type as DtoClass) as IoDescriptor;
  }
  const name = typeof type === 'function' ? type.name : String(type);
  throw new ServiceConfigurationError(
    `The input of ${where} cannot be inferred from the type ${name} of its parameter. Set @Api({ input: … }), or use NdArray or a DTO class (imported without "type").`,
  );
}
