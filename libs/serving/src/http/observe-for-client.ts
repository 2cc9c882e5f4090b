import { HttpException } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { ClientRun } from './client-run.js';
import type { RunOptions } from './client-scope.js';
import { startTimer, timeoutOf } from './method-timeout.js';

/** Of whichever copy of rxjs, as Nest decides it. */
export function isObservable(value: unknown): value is Observable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { lift, subscribe } = value as Partial<Record<string, unknown>>;
  return typeof subscribe === 'function' && typeof lift === 'function';
}

/**
 * What an Observable does for a client, it does in the client's scope, and holds its places until it ends.
 * It is left when the client leaves or its time is over: of a stream of events, the time of the first.
 */
export function observeForClient(
  source: Observable<unknown>,
  run: ClientRun,
  { timeoutMs: own, isStream, onSuccess }: RunOptions,
): Observable<unknown> {
  const { request } = run;
  const timeoutMs = timeoutOf(request, own);
  return new Observable((subscriber) => {
    const error = (reason: unknown): void => subscriber.error(reason);
    const timer = timeoutMs === undefined ? undefined : startTimer(run, timeoutMs, error);
    const stay = run.whenLeft(() => error(new HttpException('The client left.', 499)));
    subscriber.add(() => {
      clearTimeout(timer);
      stay();
      run.end();
    });
    const next = (value: unknown): void => {
      if (isStream) clearTimeout(timer);
      onSuccess(request, value);
      subscriber.next(value);
    };
    const complete = (): void => subscriber.complete();
    subscriber.add(run.enter(() => source.subscribe({ next, error, complete }), true));
  });
}
