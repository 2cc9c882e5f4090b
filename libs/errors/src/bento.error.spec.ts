import { BentoError } from 'bentonest/errors';
import { expect, it } from 'vitest';

class OutOfRangeError extends BentoError {
  static override readonly code = 'OUT_OF_RANGE';
  static override readonly statusCode = 400;
}

it('takes code, status and name from the class that is thrown', () => {
  const error = new OutOfRangeError('Expected 0 to 255, got 256.', { details: { index: [0, 3] } });
  expect(error).toMatchObject({
    name: 'OutOfRangeError',
    code: 'OUT_OF_RANGE',
    statusCode: 400,
    details: { index: [0, 3] },
  });
});

it('keeps the cause for the log and has none when none was given', () => {
  const cause = new Error('disk');
  expect(new OutOfRangeError('x', { cause }).cause).toBe(cause);
  expect('cause' in new OutOfRangeError('x')).toBe(false);
});
