import { describeValue } from '../describe-value.js';
import { InvalidBodyError } from '../io.errors.js';
import type { BufferedDescriptor } from '../io-descriptor.js';
import { json } from '../json/json.js';
import { JSON_TYPE } from '../media-type.js';

/** A JSON list of anything: all that a parameter of type `X[]` says of itself at run time. */
export function list(): BufferedDescriptor<unknown[]> {
  const whole = json();
  return {
    ...whole,
    decode: async (input) => {
      const value = await whole.decode(input);
      if (Array.isArray(value)) return value as unknown[];
      throw new InvalidBodyError(`Expected a JSON list, got ${describeValue(value)}.`);
    },
    schema: () => ({ [JSON_TYPE]: { type: 'array', items: {} } }),
  };
}
