import { BodyTooLargeError } from 'bentonest/io';

/** A request's body has more bytes than the route takes, as they come or once decompressed. */
export function bodyTooLarge(maxBytes: number): BodyTooLargeError {
  return new BodyTooLargeError(
    `Expected a body of at most ${maxBytes} bytes, counted after decompression, got more. Send less at once, or raise bodyLimitBytes of the server.`,
    { details: { maxBytes } },
  );
}
