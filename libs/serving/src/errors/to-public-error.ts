import { HttpException } from '@nestjs/common';
import { BentoError } from 'bentonest/errors';
import { phraseOf } from './error-body.js';
import type { PublicError } from './error-body.js';
import { readHttpException } from './read-http-exception.js';

/** What is told of whatever is not told otherwise. */
const INTERNAL: PublicError = {
  statusCode: 500,
  message: "The server failed at this request. The cause is in its log, under the request's id.",
};

/** Fastify's codes of bodies that are not what their headers announce. */
const BODY_CODES = new Set([
  'FST_ERR_CTP_INVALID_JSON_BODY',
  'FST_ERR_CTP_EMPTY_JSON_BODY',
  'FST_ERR_CTP_INVALID_CONTENT_LENGTH',
]);

/** The mark of the errors of the package http-errors, of Fastify and of middleware written like them. */
interface HttpLikeError {
  readonly statusCode: number;
  readonly status?: unknown;
  readonly expose?: unknown;
  readonly code?: unknown;
  readonly message: string;
}

/**
 * The one translation of what was thrown into what a client is told. What nobody threw for a client
 * to see is a 500 that names nothing of the server's inside.
 */
export function toPublicError(thrown: unknown): PublicError {
  const error = translate(thrown);
  return isErrorStatus(error.statusCode) ? error : INTERNAL;
}

function translate(thrown: unknown): PublicError {
  if (thrown instanceof BentoError) {
    const { statusCode, message, code, details, retryAfterMs } = thrown;
    return { statusCode, message, errorCode: code, details, retryAfterMs };
  }
  if (thrown instanceof HttpException) {
    // Nest wraps what Fastify and Express middleware raise, and drops which error it was.
    const { cause } = thrown;
    return isFastifyError(cause) ? readHttpLikeError(cause) : readHttpException(thrown);
  }
  return isHttpLikeError(thrown) ? readHttpLikeError(thrown) : INTERNAL;
}

function isErrorStatus(status: unknown): boolean {
  return Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599;
}

function readHttpLikeError({ statusCode, expose, code, message }: HttpLikeError): PublicError {
  if (code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_INVALID_URL') {
    const cure = 'Encode it by the rules of RFC 3986.';
    return { statusCode, message: `Expected a URL that can be decoded, got another. ${cure}` };
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' && message === phraseOf(statusCode)) {
    const expected =
      'Expected a content-type header such as application/json, got one that is none.';
    return { statusCode, message: expected };
  }
  const isPublic = statusCode < 500 ? expose !== false : expose === true;
  return {
    statusCode,
    message: isPublic ? message : phraseOf(statusCode),
    errorCode: BODY_CODES.has(String(code)) ? 'INVALID_BODY' : undefined,
  };
}

/**
 * As Nest decides it. A status alone makes no answer: an Error of an HTTP client carries the status
 * of a server behind this one.
 */
function isHttpLikeError(thrown: unknown): thrown is HttpLikeError {
  if (typeof thrown !== 'object' || thrown === null) return false;
  const { statusCode, status, expose, message } = thrown as Partial<HttpLikeError>;
  if (typeof statusCode !== 'number' || statusCode < 400) return false;
  if (typeof message !== 'string') return false;
  if (!(thrown instanceof Error)) return message !== '';
  return isFastifyError(thrown) || (typeof expose === 'boolean' && status === statusCode);
}

function isFastifyError(thrown: unknown): thrown is HttpLikeError {
  if (!(thrown instanceof Error)) return false;
  const { code, statusCode } = thrown as Error & Partial<HttpLikeError>;
  return typeof code === 'string' && code.startsWith('FST_ERR_') && typeof statusCode === 'number';
}
