import { ServiceConfigurationError } from 'bentonest/errors';

export interface Limits {
  readonly timeoutMs?: number | undefined;
  readonly maxConcurrency?: number | undefined;
}

/** @throws ServiceConfigurationError for a limit that is none; `owner` names the decorator and its place. */
export function checkLimits(owner: string, { timeoutMs, maxConcurrency }: Limits): void {
  for (const [option, value] of Object.entries({ timeoutMs, maxConcurrency })) {
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
    throw new ServiceConfigurationError(
      `${owner} has as ${option} ${String(value)}; expected a whole number from 1.`,
    );
  }
}
