import { BadRequestException, ConflictException, HttpException } from '@nestjs/common';
import { BentoError } from 'bentonest/errors';
import { describe, expect, it } from 'vitest';
import { stringifyErrorBody } from './error-body.js';
import { toPublicError } from './to-public-error.js';

class TornError extends BentoError {
  static override readonly code = 'TORN';
  static override readonly statusCode = 503;
}

function told(thrown: unknown): unknown {
  return JSON.parse(stringifyErrorBody(toPublicError(thrown), 'id'));
}

const INTERNAL = {
  statusCode: 500,
  error: 'Internal Server Error',
  message: "The server failed at this request. The cause is in its log, under the request's id.",
  errorCode: 'INTERNAL_ERROR',
  requestId: 'id',
};

it('tells code, details and status of a BentoError', () => {
  expect(told(new TornError('Torn.', { details: { at: 3 }, cause: new Error('secret') }))).toEqual({
    statusCode: 503,
    error: 'Service Unavailable',
    message: 'Torn.',
    errorCode: 'TORN',
    details: { at: 3 },
    requestId: 'id',
  });
});

describe('an HttpException', () => {
  it.each<[string, HttpException, object]>([
    [
      'of a string',
      new HttpException('No tea.', 418),
      { error: "I'm a Teapot", message: 'No tea.', errorCode: 'IM_A_TEAPOT' },
    ],
    [
      'of a subclass',
      new ConflictException('Twice.'),
      { statusCode: 409, errorCode: 'CONFLICT', message: 'Twice.' },
    ],
    ['without a message', new ConflictException(), { message: 'Conflict' }],
    ['of an empty string', new HttpException('', 404), { message: 'Not Found' }],
    ['with a description', new ConflictException('Twice.', 'Double'), { error: 'Double' }],
    [
      'with an errorCode',
      new ConflictException('Twice.', { errorCode: 'TWICE' }),
      { errorCode: 'TWICE' },
    ],
    [
      'with an errorCode in its response',
      new HttpException({ message: 'x', errorCode: 'MINE' }, 400),
      { errorCode: 'MINE', message: 'x' },
    ],
    [
      'with fields of its own',
      new HttpException({ message: 'x', field: 'a', details: { b: 1 } }, 400),
      { details: { field: 'a', b: 1 } },
    ],
    [
      'with details that are a list',
      new HttpException({ message: 'x', details: [1] }, 400),
      { details: { details: [1] } },
    ],
    [
      'of several messages',
      new BadRequestException(['a is short', 'b is long']),
      {
        message: 'a is short; b is long',
        errorCode: 'BAD_REQUEST',
        details: { messages: ['a is short', 'b is long'] },
      },
    ],
    [
      'of a message that is no text',
      new HttpException({ message: { a: 1 } }, 400),
      { message: 'Bad Request' },
    ],
    [
      'of a status without a code',
      new HttpException('x', 451),
      { statusCode: 451, errorCode: 'BAD_REQUEST' },
    ],
    [
      'of a server status without a code',
      new HttpException('x', 507),
      { errorCode: 'INTERNAL_ERROR' },
    ],
  ])('%s', (_, exception, expected) => {
    expect(told(exception)).toMatchObject(expected);
  });

  it('of an Error tells nothing of it', () => {
    const body = told(new HttpException(new Error('secret') as never, 400));
    expect(body).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      message: 'Bad Request',
      errorCode: 'BAD_REQUEST',
      requestId: 'id',
    });
  });

  it.each([0, 99, 600, Number.NaN, 'x' as never, undefined as never])(
    'of the status %s is a 500',
    (status) => {
      expect(told(new HttpException('secret', status))).toEqual(INTERNAL);
    },
  );

  it('whose details cannot be written loses these alone', () => {
    const circular: { self?: object } = {};
    circular.self = circular;
    for (const more of [circular, { big: 1n }]) {
      expect(told(new HttpException({ message: 'x', more }, 400))).toEqual({
        statusCode: 400,
        error: 'Bad Request',
        message: 'x',
        errorCode: 'BAD_REQUEST',
        requestId: 'id',
      });
    }
  });
});

describe('an error of another library', () => {
  const httpError = (statusCode: number, expose: boolean): Error =>
    Object.assign(new Error('said'), { statusCode, status: statusCode, expose });

  it('keeps status and message where it is to be exposed', () => {
    expect(told(httpError(404, true))).toMatchObject({
      statusCode: 404,
      message: 'said',
      errorCode: 'NOT_FOUND',
    });
    expect(told(httpError(502, true))).toMatchObject({ statusCode: 502, message: 'said' });
  });

  it('keeps its status alone where it is not', () => {
    expect(told(httpError(404, false))).toMatchObject({ statusCode: 404, message: 'Not Found' });
    expect(told(httpError(502, false))).toMatchObject({ statusCode: 502, message: 'Bad Gateway' });
  });

  it('is a 500 where a status is all it has: it may be that of a server behind this one', () => {
    expect(told(Object.assign(new Error('secret'), { statusCode: 404 }))).toEqual(INTERNAL);
    expect(told(Object.assign(new Error('secret'), { status: 404, response: {} }))).toEqual(
      INTERNAL,
    );
    expect(told(httpError(200, true))).toEqual(INTERNAL);
  });

  it('is told by Fastify’s code also when Nest wrapped it', () => {
    const cause = Object.assign(new Error('No JSON.'), {
      code: 'FST_ERR_CTP_INVALID_JSON_BODY',
      statusCode: 400,
    });
    const expected = { statusCode: 400, errorCode: 'INVALID_BODY', message: 'No JSON.' };
    expect(told(cause)).toMatchObject(expected);
    expect(told(new HttpException('No JSON.', 400, { cause }))).toMatchObject(expected);
  });

  it('of Fastify’s own inside is a 500 without its words', () => {
    const error = Object.assign(new Error('secret'), {
      code: 'FST_ERR_REP_INVALID_PAYLOAD_TYPE',
      statusCode: 500,
    });
    expect(told(error)).toMatchObject({
      statusCode: 500,
      message: 'Internal Server Error',
      errorCode: 'INTERNAL_ERROR',
    });
  });
});

it.each([
  new TypeError('secret'),
  'secret',
  null,
  undefined,
  0,
  Symbol('secret'),
  {},
  { message: 'secret' },
  { statusCode: 404 },
  { statusCode: 700, message: 'secret' },
  Object.create(null),
])('tells nothing of %o', (thrown) => {
  expect(told(thrown)).toEqual(INTERNAL);
});

it('takes an object for the error that its status and message say, as Nest does', () => {
  expect(told({ statusCode: 404, message: 'gone' })).toMatchObject({
    statusCode: 404,
    message: 'gone',
  });
  expect(told({ statusCode: 503, message: 'secret' })).toMatchObject({
    statusCode: 503,
    message: 'Service Unavailable',
  });
});
