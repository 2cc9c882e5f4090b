import type { RunnersCaller } from './runners-caller.js';
import type { RunnersOwner } from './runners-owner.js';

/** What a process of a server with several has to do with the runners' workers. */
export type RunnerSharing =
  | { readonly role: 'owner'; readonly owner: RunnersOwner }
  | { readonly role: 'caller'; readonly caller: RunnersCaller };

/** Provides a {@link RunnerSharing}; without one, a process has workers of its own. */
export const RUNNER_SHARING = Symbol('bentonest.runner-sharing');
