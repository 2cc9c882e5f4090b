import { expect, it } from 'vitest';
import { BentoError, RemoteError, toErrorMessage } from './index.js';

class LoudError extends BentoError {
  static override readonly code: string = 'LOUD';
  static override readonly statusCode = 418;
}

class QuietError extends BentoError {
  static override readonly code = 'QUIET';
  static override readonly statusCode = 400;
}

it('keeps class, code, status, message, details and when to come again', () => {
  const sent = new LoudError('Expected less.', { details: { db: 90 }, retryAfterMs: 5 });
  const message: unknown = JSON.parse(JSON.stringify(toErrorMessage(sent)));
  const received = new RemoteError(message as ReturnType<typeof toErrorMessage>);
  expect(received).toMatchObject({
    name: 'LoudError',
    code: 'LOUD',
    statusCode: 418,
    message: 'Expected less.',
    details: { db: 90 },
    retryAfterMs: 5,
  });
  expect(received).toBeInstanceOf(LoudError);
  expect(received).toBeInstanceOf(BentoError);
  expect(received).not.toBeInstanceOf(QuietError);
});

it('an error of this process is of its class only, whatever its code', () => {
  class Impostor extends BentoError {
    static override readonly code = 'LOUD';
    static override readonly statusCode = 500;
  }
  expect(new Impostor('x')).not.toBeInstanceOf(LoudError);
  expect({ code: 'LOUD', crossedBoundary: true }).not.toBeInstanceOf(LoudError);
});
