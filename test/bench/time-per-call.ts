/** Microseconds per call of many. */
export function usPerCall(calls: number, call: () => unknown): number {
  const startedAt = performance.now();
  for (let i = 0; i < calls; i++) call();
  return ((performance.now() - startedAt) / calls) * 1000;
}

/** The same of calls that are awaited one after the other. */
export async function usPerAwait(calls: number, call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  for (let i = 0; i < calls; i++) await call();
  return ((performance.now() - startedAt) / calls) * 1000;
}
