import { Injectable } from '@nestjs/common';
import { RunnerRegistry } from 'bentonest/runner';
import type { RunnerStatus } from 'bentonest/runner';
import { ClosingState, MountedRequests } from 'bentonest/serving';
import type { MountReadiness } from 'bentonest/serving';
import type { IndicatorState } from './readiness-check.js';
import { ReadinessIndicators } from './readiness-indicators.js';

/** How one part of the application is, in a sentence that everybody may read. */
export interface PartState {
  readonly isReady: boolean;
  readonly text: string;
  /** Ready, but something is to be said of it. */
  readonly isNotable?: boolean;
}

/** Whether this process can do what requests ask for: its runners, mounts and the user's indicators. */
@Injectable()
export class Readiness {
  constructor(
    private readonly runners: RunnerRegistry,
    private readonly mounts: MountedRequests,
    private readonly indicators: ReadinessIndicators,
    private readonly closing: ClosingState,
  ) {}

  /** At once, but where an indicator has to be asked. */
  read(): readonly PartState[] | Promise<readonly PartState[]> {
    const parts = [
      ...(this.closing.isClosing ? [{ isReady: false, text: 'The server is closing.' }] : []),
      ...this.runners.statuses.map((status) => ofRunner(status)),
      ...this.mounts.readiness.map((mount) => ofMount(mount)),
    ];
    // What is asked may be closed already.
    if (this.indicators.isEmpty || this.closing.isClosing) return parts;
    return this.indicators.read().then((states) => [...parts, ...states.map((state) => of(state))]);
  }
}

function ofRunner({ name, state, reason, reloadFailure, restarts }: RunnerStatus): PartState {
  if (state !== 'ready') {
    const died = restarts > 0 ? 'its worker died and is being replaced' : undefined;
    const why = reason ?? (state === 'starting' ? died : undefined);
    return { isReady: false, text: `Runner "${name}" is ${state}${why ? `: ${why}` : '.'}` };
  }
  if (reloadFailure === undefined) return { isReady: true, text: `Runner "${name}" is ready.` };
  const text = `Runner "${name}" serves its old model: ${reloadFailure}`;
  return { isReady: true, isNotable: true, text };
}

function ofMount({ name, isReady, reason }: MountReadiness): PartState {
  if (isReady()) return { isReady: true, text: `Mount "${name}" is ready.` };
  const why = reason();
  return { isReady: false, text: `Mount "${name}" is down or starting${why ? `: ${why}` : '.'}` };
}

function of({ name, isReady, reason }: IndicatorState): PartState {
  if (isReady) return { isReady, text: `Indicator "${name}" is ready.` };
  return { isReady, text: `Indicator "${name}" is not ready${reason ? `: ${reason}` : '.'}` };
}
