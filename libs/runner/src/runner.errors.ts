import { BentoError } from 'bentonest/errors';
import type { BentoErrorOptions } from 'bentonest/errors';

/** The runner has more to do than it can do in time: the caller is refused at once, not kept waiting. */
export class RunnerOverloadedError extends BentoError {
  static override readonly code = 'RUNNER_OVERLOADED';
  static override readonly statusCode = 503;

  static queueFull(runner: string, maxQueue: number): RunnerOverloadedError {
    return new RunnerOverloadedError(
      `Runner "${runner}" has ${maxQueue} calls waiting, which is its limit (maxQueue). Try again later.`,
      { details: { runner, reason: 'queue_full', maxQueue }, retryAfterMs: 1000 },
    );
  }

  /** The call would be answered after `predictedMs`, which is past its deadline. */
  static deadline(runner: string, timeoutMs: number, predictedMs: number): RunnerOverloadedError {
    const details = { runner, reason: 'deadline', timeoutMs, predictedMs: Math.round(predictedMs) };
    return new RunnerOverloadedError(
      `Runner "${runner}" would answer in ${details.predictedMs} ms, and the call has ${Math.round(timeoutMs)} ms. Try again later.`,
      { details, retryAfterMs: Math.max(1000, predictedMs - timeoutMs) },
    );
  }
}

/** The call was not answered before its deadline, which covers the queue and the execution. */
export class RunnerTimeoutError extends BentoError {
  static override readonly code = 'RUNNER_TIMEOUT';
  static override readonly statusCode = 504;

  constructor(runner: string, timeoutMs: number) {
    super(
      `Runner "${runner}" gave no answer within ${Math.round(timeoutMs)} ms. Try again later, or raise its timeoutMs.`,
      { details: { runner, timeoutMs: Math.round(timeoutMs) } },
    );
  }
}

/** The worker process died while it ran the call. */
export class RunnerWorkerLostError extends BentoError {
  static override readonly code = 'RUNNER_WORKER_LOST';
  static override readonly statusCode = 503;

  constructor(runner: string, options: BentoErrorOptions = {}) {
    super(`The worker of runner "${runner}" died during this call. Try again.`, {
      ...options,
      details: { runner },
      retryAfterMs: 1000,
    });
  }
}

/** No worker serves: the runner is not started, has been stopped, or its workers died too often. */
export class RunnerUnavailableError extends BentoError {
  static override readonly code = 'RUNNER_UNAVAILABLE';
  static override readonly statusCode = 503;

  constructor(runner: string, state: string, options: BentoErrorOptions = {}) {
    super(`Runner "${runner}" is ${state} and takes no calls. Look into the server's log.`, {
      ...options,
      details: { runner, state },
    });
  }
}

/** A worker could not load its Runnable. The cause has what the worker said. */
export class RunnerStartError extends BentoError {
  static override readonly code = 'RUNNER_START_FAILED';
  static override readonly statusCode = 503;

  constructor(runner: string, reason: string, options: BentoErrorOptions = {}) {
    const told = shortenPaths(reason);
    super(`Runner "${runner}" could not start: ${told}`, { ...options, details: { runner } });
  }
}

/** From the root or a drive, of two names at least: `/readyz` is none, nor is `text/plain`. */
const ABSOLUTE_PATH =
  /(?<=^|[\s'"`([=:])(?:file:\/\/)?(?:[A-Za-z]:)?(?:[\\/][^\s'"`()[\]:,;\\/]+)+[\\/](?<name>[^\s'"`()[\]:,;\\/]+)/g;

/** Clients read why a runner could not start: of a file they see its name. The cause has the path. */
function shortenPaths(text: string): string {
  return text.replaceAll(ABSOLUTE_PATH, '$<name>');
}

/** The Runnable threw something that is not a BentoError; its text is in the log only. */
export class RunnerFailedError extends BentoError {
  static override readonly code = 'RUNNER_FAILED';
  static override readonly statusCode = 500;

  constructor(runner: string, method: string, options: BentoErrorOptions = {}) {
    super(
      `Method "${method}" of runner "${runner}" failed. The server's log has the cause under this request's id.`,
      { ...options, details: { runner, method } },
    );
  }
}

/** The caller's AbortSignal fired. Nobody reads the answer; 499 is what the log shows. */
export class CallAbortedError extends BentoError {
  static override readonly code = 'CALL_ABORTED';
  static override readonly statusCode = 499;

  constructor(runner: string, options: BentoErrorOptions = {}) {
    super(`The call to runner "${runner}" was aborted by its caller.`, {
      ...options,
      details: { runner },
    });
  }
}

/** The Runnable has no such `@RunnableMethod`. */
export class UnknownMethodError extends BentoError {
  static override readonly code = 'UNKNOWN_RUNNER_METHOD';
  static override readonly statusCode = 500;

  constructor(runner: string, method: string, known: readonly string[]) {
    super(
      `Runner "${runner}" has no method "${method}". It has: ${known.join(', ')}. Decorate the method with @RunnableMethod() or call one of these.`,
      { details: { runner, method, known } },
    );
  }
}

/** A batchable method was called with what cannot be joined along a batch dimension. */
export class NotBatchableError extends BentoError {
  static override readonly code = 'NOT_BATCHABLE';
  static override readonly statusCode = 400;
}

/** The result of a batch does not have as many rows as its calls. */
export class RowCountError extends BentoError {
  static override readonly code = 'ROW_COUNT_MISMATCH';
  static override readonly statusCode = 500;

  constructor(method: string, expected: number, got: string) {
    super(
      `Method "${method}" is batchable and must answer one row per row it got: expected ${expected}, got ${got}. Return a tensor with the batch along batchDim, or declare the method { batchable: false }.`,
      { details: { method, expected, got } },
    );
  }
}

/** A runner was given, or answered, what is neither a tensor, a record of them, a DataFrame, nor JSON. */
export class UnsupportedValueError extends BentoError {
  static override readonly code = 'UNSUPPORTED_VALUE';
  static override readonly statusCode = 500;

  constructor(got: string, options: BentoErrorOptions = {}) {
    super(
      `Runner methods take and return NdArrays, records of NdArrays, DataFrames, or JSON; got ${got}. Convert it before the call.`,
      options,
    );
  }
}

/** The frame would be larger than the wire allows. */
export class PayloadTooLargeError extends BentoError {
  static override readonly code = 'RUNNER_PAYLOAD_TOO_LARGE';
  static override readonly statusCode = 413;

  constructor(bytes: number, limitBytes: number) {
    super(
      `A runner call or result may have ${limitBytes} bytes, this one has ${bytes}. Send fewer rows at a time.`,
      { details: { bytes, limitBytes } },
    );
  }
}

/** Bytes on the socket are no frame of this protocol; the connection is closed. */
export class WireProtocolError extends BentoError {
  static override readonly code = 'WIRE_PROTOCOL';
  static override readonly statusCode = 500;

  constructor(got: string, options: BentoErrorOptions = {}) {
    super(
      `Expected a frame of the runner protocol, got ${got}. Do both processes run the same bentonest?`,
      options,
    );
  }
}

/** A service injects a runner that no module registered. */
export class RunnerNotRegisteredError extends BentoError {
  static override readonly code = 'RUNNER_NOT_REGISTERED';
  static override readonly statusCode = 500;
}

/** An option of a runner has a value that it cannot have. */
export class RunnerOptionsError extends BentoError {
  static override readonly code = 'INVALID_RUNNER_OPTIONS';
  static override readonly statusCode = 500;
}
