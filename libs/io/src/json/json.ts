import { describeValue } from '../describe-value.js';
import { validateDto } from '../dto/validate-dto.js';
import type { DtoClass } from '../dto/dto-class.js';
import type { BufferedDescriptor } from '../io-descriptor.js';
import { UnencodableResultError } from '../io.errors.js';
import { parseJsonBody } from './parse-json.js';

/** Options of {@link json}. */
export interface JsonOptions {
  /**
   * Refuses a body with fields that the DTO does not have, instead of dropping them.
   *
   * @default false
   */
  forbidUnknown?: boolean;
}

const JSON_TYPE = 'application/json';

/**
 * A JSON body; with a DTO class, checked by its class-validator decorators and given as its instance.
 *
 * @example
 * @Api({ input: json(IrisFeatures, { forbidUnknown: true }) })
 */
export function json(): BufferedDescriptor;
export function json<T extends object>(
  dto: DtoClass<T>,
  options?: JsonOptions,
): BufferedDescriptor<T>;
export function json<T extends object>(
  dto?: DtoClass<T>,
  options: JsonOptions = {},
): BufferedDescriptor {
  const { forbidUnknown = false } = options;
  return {
    kind: 'json',
    contentTypes: [JSON_TYPE],
    reads: 'buffer',
    decode: ({ body }) => {
      const value = parseJsonBody(body);
      return dto === undefined ? value : validateDto(dto, value, forbidUnknown);
    },
    encode: (value) => ({ contentType: JSON_TYPE, body: stringify(value) }),
    schema: () => ({ [JSON_TYPE]: dto === undefined ? {} : { type: 'object', title: dto.name } }),
  };
}

function stringify(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new UnencodableResultError('json', 'what JSON can hold', describeValue(value), { cause });
  }
  if (text !== undefined) return text;
  throw new UnencodableResultError('json', 'what JSON can hold', describeValue(value));
}
