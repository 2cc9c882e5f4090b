import { inspect } from 'node:util';

const MOST_CAUSES = 8;

/** For the log: the stack of an error and of what caused it; of what is no error, its contents. */
export function describeFailure(thrown: unknown): string {
  const parts: string[] = [];
  const seen = new Set<unknown>();
  let current = thrown;
  while (current !== undefined && !seen.has(current) && seen.size < MOST_CAUSES) {
    seen.add(current);
    parts.push(current instanceof Error ? (current.stack ?? String(current)) : inspect(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join('\ncaused by ');
}
