import type { Call, PreparedCall, QueuedCall } from './call.js';
import type { CallQueues } from './call-queues.js';
import type { MethodCatalog } from './method-catalog.js';

interface Prepared {
  /** The model does not take the call. */
  drop(call: Call, error: unknown): void;
  enqueue(queued: QueuedCall): void;
}

/** Prepares again all calls that wait: they will be run by a model that takes other ones. */
export function prepareAnew(queues: CallQueues, catalog: MethodCatalog, then: Prepared): void {
  const waiting = [...queues].filter(({ call }) => !call.isSettled);
  queues.clear();
  for (const { call, prepared: before } of waiting) {
    // With a piece of it the rest of a call went.
    if (call.isSettled) continue;
    let prepared: PreparedCall;
    try {
      prepared = catalog.prepare(call.method, before.args);
    } catch (error) {
      then.drop(call.whole ?? call, error);
      continue;
    }
    then.enqueue({ call, prepared });
  }
}
