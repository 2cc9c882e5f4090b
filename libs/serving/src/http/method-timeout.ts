import type { FastifyRequest } from 'fastify';
import { ApiTimeoutError } from '../errors/serving.errors.js';
import type { ClientRun } from './client-run.js';
import { recordOf } from './request-record.js';

/** When the time is over the run fails, and its calls are aborted. */
export function startTimer(
  { request, scope }: ClientRun,
  timeoutMs: number,
  fail: (error: Error) => void,
): NodeJS.Timeout {
  return setTimeout(() => {
    const error = new ApiTimeoutError(timeoutMs);
    fail(error);
    scope.abort(error);
    recordOf(request.raw).onTimeout?.(error);
  }, timeoutMs);
}

export function orTimeout<T>(settled: Promise<T>, run: ClientRun, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = startTimer(run, timeoutMs, reject);
    void settled.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

/** The time of a method that has none of its own. */
export function setDefaultTimeout(request: FastifyRequest, timeoutMs: number): void {
  recordOf(request.raw).timeoutMs = timeoutMs;
}

/** @param own that of the method itself. */
export function timeoutOf(request: FastifyRequest, own: number | undefined): number | undefined {
  return own ?? recordOf(request.raw).timeoutMs;
}

/** Calls `listener` when the method that a request is for has run out of time. */
export function onTimeout(request: FastifyRequest, listener: (error: Error) => void): void {
  recordOf(request.raw).onTimeout = listener;
}
