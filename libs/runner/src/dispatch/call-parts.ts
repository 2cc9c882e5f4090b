import { RunnerFailedError } from '../runner.errors.js';
import type { MethodDescription } from '../wire/frame.js';
import { Call } from './call.js';
import type { QueuedCall } from './call.js';
import type { DispatcherOptions } from './dispatcher.options.js';
import { joinResults, splitCall } from './split-call.js';

/**
 * The pieces of a call that is larger than a batch. When all are answered, so is the call; the first
 * that fails fails it, by `fail`.
 */
export function partsOf(
  { call, prepared }: QueuedCall,
  { runner, maxBatchSize }: Pick<DispatcherOptions, 'runner' | 'maxBatchSize'>,
  fail: (call: Call, error: unknown) => void,
): QueuedCall[] {
  const pieces = splitCall(prepared, maxBatchSize);
  const results: unknown[] = [];
  let missing = pieces.length;
  const reject = (error: unknown): void => fail(call, error);
  return pieces.map((piece, index) => {
    const resolve = (value: unknown): void => {
      results[index] = value;
      if (--missing === 0) resolveJoined(call, results, { runner, method: prepared.method });
    };
    const part = new Call(call.load, call.enqueuedAt, call.timeoutMs, { resolve, reject });
    part.priority = call.priority;
    part.origin = call.origin;
    part.whole = call;
    return { prepared: piece, call: part };
  });
}

/** Results of a Runnable need not fit together. */
function resolveJoined(
  call: Call,
  results: readonly unknown[],
  { runner, method }: { readonly runner: string; readonly method: MethodDescription },
): void {
  let joined: unknown;
  try {
    joined = joinResults(results, method);
  } catch (cause) {
    call.reject(new RunnerFailedError(runner, method.name, { cause }));
    return;
  }
  call.resolve(joined);
}
