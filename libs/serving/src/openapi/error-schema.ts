import type { JsonSchema } from 'bentonest/io';
import type { ErrorBody } from '../errors/error-body.js';
import type { Content } from './describe-content.js';

export const ERROR_SCHEMA_NAME = 'ErrorBody';

const properties: Readonly<Record<keyof ErrorBody, JsonSchema>> = {
  statusCode: { type: 'integer' },
  error: { type: 'string', description: 'The status in words.' },
  message: { type: 'string', description: 'What was expected, what came, and what to do.' },
  errorCode: { type: 'string', description: 'Stable code: docs/errors.md lists them.' },
  details: { type: 'object', additionalProperties: true },
  requestId: { type: 'string', description: 'The log has it too.' },
};

/** JSON Schema of {@link ErrorBody}. */
export const errorSchema: JsonSchema = {
  type: 'object',
  description: 'The body of every error answer.',
  properties,
  required: Object.keys(properties).filter((name) => name !== 'details'),
};

const content: Content = {
  'application/json': { schema: { $ref: `#/components/schemas/${ERROR_SCHEMA_NAME}` } },
};

const DESCRIPTIONS = {
  400: 'The request is not what the API reads; the message names the field or the index.',
  413: 'The body is larger than the server takes.',
  415: 'The media type is none that the API reads.',
  429: 'As many requests of this run as may: try again after Retry-After.',
  500: 'The server failed. The log has the cause under the request id.',
  503: 'The server is overloaded or not ready: try again after Retry-After.',
  504: 'The deadline passed.',
} as const;

export type ErrorStatus = keyof typeof DESCRIPTIONS;

/** Response objects of OpenAPI, by status. */
export function describeErrors(statuses: readonly ErrorStatus[]) {
  return Object.fromEntries(
    statuses.map((status) => [status, { description: DESCRIPTIONS[status], content }]),
  );
}
