/** Whether a route, by its template, is one of those that an option names. */
export type RouteMatcher = (endpoint: string) => boolean;

/**
 * @param patterns templates of routes, with or without the global prefix; a `*` at the end stands for
 *   any rest.
 * @param globalPrefix as the application has it: `api` and `/api` are the same, '' is none.
 */
export function createRouteMatcher(
  patterns: readonly string[],
  globalPrefix: string,
): RouteMatcher {
  const prefix = globalPrefix.replace(/^(?=[^/])/, '/').replace(/\/$/, '');
  const full = patterns.flatMap((pattern) => [pattern, prefix + pattern]);
  const [open, whole] = [true, false].map((isOpen) =>
    full.filter((pattern) => pattern.endsWith('*') === isOpen),
  );
  const exact = new Set(whole);
  const starts = open.map((pattern) => pattern.slice(0, -1));
  return (endpoint) => exact.has(endpoint) || starts.some((start) => endpoint.startsWith(start));
}
