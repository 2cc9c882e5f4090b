import { executionAsyncResource } from 'node:async_hooks';

const kept: { tick?: object } = {};

/**
 * Keeps one of the objects by which Node queues `process.nextTick`, several for each request. Where
 * none is alive at a garbage collection, as between two requests of a quiet server, V8 forgets their
 * shape, and every later one is made by its runtime: 2–4 % of a request, for the rest of the process's
 * life (Node 20; profiled: Runtime_DefineKeyedOwnPropertyInLiteral below nextTick).
 */
export function keepTickShape(): void {
  process.nextTick(() => {
    kept.tick = executionAsyncResource();
  });
}
