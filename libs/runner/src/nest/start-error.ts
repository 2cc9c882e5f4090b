import { BentoError } from 'bentonest/errors';
import { RunnerStartError } from '../runner.errors.js';

/** Whether an error says all that there is to say: a stack of ours would be of no help. */
export function isExplained(error: unknown): error is BentoError {
  // What a Runnable threw when it was loaded is its author's to find.
  return error instanceof BentoError && !(error instanceof RunnerStartError);
}

/** What a line of the log that tells why there is no server has beside its message. */
export function startErrorFields({ code, cause }: BentoError): object {
  return cause instanceof Error ? { code, cause: cause.message } : { code };
}
