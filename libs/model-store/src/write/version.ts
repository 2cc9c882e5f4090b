import { monotonicFactory } from 'ulid';

const next = monotonicFactory();

/** A version that no other model has and that sorts behind all earlier ones: a ULID in lower case. */
export function nextVersion(): string {
  return next().toLowerCase();
}
