import * as nest from '@nestjs/common';
import { HttpException } from '@nestjs/common';
import type { ErrorFrame } from '../wire/frame.js';

type HttpExceptionClass = new (response: object) => HttpException;

/**
 * The HttpException that a Runnable threw. Nest's own subclasses are what they were; of others the
 * name, the status and the response stay.
 */
export function toHttpException(head: ErrorFrame['head']): HttpException {
  const { name = 'HttpException', response = head.message, statusCode } = head;
  const known = (nest as unknown as Readonly<Record<string, unknown>>)[name];
  if (typeof response === 'object' && isStandard(known)) return new known(response);
  const exception = new HttpException(response, statusCode);
  exception.name = name;
  exception.message = head.message;
  return exception;
}

function isStandard(value: unknown): value is HttpExceptionClass {
  return typeof value === 'function' && value.prototype instanceof HttpException;
}
