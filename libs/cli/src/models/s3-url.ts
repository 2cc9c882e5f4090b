import { CommandUsageError } from '../cli.errors.js';

/** @throws CommandUsageError for a path; what an address must have the store says itself. */
export function requireS3Url(url: string): void {
  if (/^s3:\/\//i.test(url)) return;
  throw new CommandUsageError(
    `Expected an address such as s3://bucket/key, got ${JSON.stringify(url)}. For paths there are models import and models export.`,
  );
}
