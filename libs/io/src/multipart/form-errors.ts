import { BodyTooLargeError, InvalidBodyError } from '../io.errors.js';

export function missingParts(missing: readonly string[], got: readonly string[]): InvalidBodyError {
  const shown = got.length === 0 ? 'none of its parts' : `only ${got.join(', ')}`;
  return new InvalidBodyError(
    `Expected a form with the part ${missing.join(' and the part ')}, got ${shown}. Send every part once, under its name.`,
    { details: { missing } },
  );
}

export function unknownPart(name: string, known: readonly string[]): InvalidBodyError {
  return new InvalidBodyError(
    `Expected no parts but ${known.join(', ')}, got one named ${JSON.stringify(name.slice(0, 60))}. Leave it out.`,
  );
}

export function repeatedPart(name: string): InvalidBodyError {
  return new InvalidBodyError(`Expected one part ${name}, got more. Send it once.`);
}

/** @param position of the part among all, from 1. */
export function namelessPart(position: number): InvalidBodyError {
  return new InvalidBodyError(
    `Expected a name at each part, got none at part ${position}. Give it the header content-disposition: form-data; name="…", and an empty line after its headers.`,
  );
}

export function cutOffForm(boundary: string): InvalidBodyError {
  return new InvalidBodyError(
    `Expected parts between boundaries of the content-type header, got a form that ends without --${boundary}--. Send it whole.`,
  );
}

export function noBoundary(): InvalidBodyError {
  return new InvalidBodyError(
    'Expected a content-type header with a boundary of 1 to 70 characters, such as multipart/form-data; boundary=x. Leave the header to your HTTP client.',
  );
}

export function tooManyParts(maxParts: number): BodyTooLargeError {
  return new BodyTooLargeError(`Expected a form of at most ${maxParts} parts, got more.`, {
    details: { maxParts },
  });
}

export function partTooLarge(maxBytes: number): BodyTooLargeError {
  return new BodyTooLargeError(`Expected a part of at most ${maxBytes} bytes, got more.`, {
    details: { maxBytes },
  });
}
