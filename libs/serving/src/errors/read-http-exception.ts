import type { HttpException } from '@nestjs/common';
import { phraseOf } from './error-body.js';
import type { PublicError } from './error-body.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a client is told of Nest's HttpException: its status and message, and what else its author
 * put into the response, as details.
 */
export function readHttpException(exception: HttpException): PublicError {
  const statusCode = exception.getStatus();
  const response: unknown = exception.getResponse();
  const fields = toFields(response);
  const { statusCode: _, message, error, errorCode, details, ...others } = fields;
  const said = Array.isArray(message) ? { messages: message as unknown[] } : {};
  const all = { ...said, ...others, ...(isRecord(details) ? details : omitUndefined({ details })) };
  return {
    statusCode,
    message: toText(message) || phraseOf(statusCode),
    error: typeof error === 'string' ? error : undefined,
    errorCode: toCode(exception.errorCode) ?? toCode(errorCode),
    details: Object.keys(all).length === 0 ? undefined : all,
  };
}

/** Of an Error that was given as the response nothing is told: it is the server's, as for Nest. */
function toFields(response: unknown): Fields {
  if (response instanceof Error) return {};
  return isRecord(response) ? response : { message: response };
}

function toText(message: unknown): string | undefined {
  if (typeof message === 'string') return message;
  if (!Array.isArray(message)) return undefined;
  const texts = message.filter((each): each is string => typeof each === 'string');
  return texts.length === 0 ? undefined : texts.join('; ');
}

function toCode(code: unknown): string | undefined {
  return typeof code === 'string' && code !== '' ? code : undefined;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function omitUndefined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
