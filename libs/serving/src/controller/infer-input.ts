import { ServiceConfigurationError } from 'bentonest/errors';
import { FileUpload, dataFrame, file, json, ndarray, scalar, text } from 'bentonest/io';
import type { DtoClass, IoDescriptor } from 'bentonest/io';
import { DataFrame, NdArray } from 'bentonest/tensor';

/** Whether the body is the parameter, or one of several is. */
type Place = 'alone' | 'beside others';

// eslint-disable-next-line typescript/no-explicit-any -- a descriptor of any T; `unknown` would refuse them all
const BY_TYPE = new Map<unknown, (place: Place) => IoDescriptor<any>>([
  [NdArray, () => ndarray()],
  [DataFrame, () => dataFrame()],
  [FileUpload, () => file()],
  [Buffer, () => bytes()],
  [Uint8Array, () => bytes()],
  [String, (place) => (place === 'alone' ? text() : scalar('string'))],
  [Number, () => scalar('number')],
  [Boolean, () => scalar('boolean')],
]);

/** A file, held in memory. */
function bytes(): IoDescriptor<Buffer> {
  const upload = file();
  return {
    ...upload,
    reads: 'stream',
    decode: async (input) => (await upload.decode(input)).buffer(),
    encode: (value, contentType) => upload.encode(value as never, contentType),
  };
}

/** Types that say nothing: of interfaces, unions, `unknown` and types imported as types. */
const UNTYPED = new Set<unknown>([Object, Array, Function, Promise, undefined]);
const WITHOUT_DESCRIPTOR = new Set<unknown>([Map, Set, Date]);

/** @throws ServiceConfigurationError when the type says nothing, naming method and cure. */
export function inferInput(type: unknown, where: string, place: Place): IoDescriptor {
  const known = BY_TYPE.get(type);
  if (known !== undefined) return known(place) as IoDescriptor;
  if (typeof type === 'function' && !UNTYPED.has(type) && !WITHOUT_DESCRIPTOR.has(type)) {
    return json(type as DtoClass) as IoDescriptor;
  }
  const name = typeof type === 'function' ? type.name : String(type);
  throw new ServiceConfigurationError(
    `The input of ${where} cannot be inferred from the type ${name} of its parameter. Set @Api({ input: … }), or use NdArray or a DTO class (imported without "type").`,
  );
}
