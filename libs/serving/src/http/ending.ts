/** Signals that ask a process to end. Those of crashes are left to the system. */
export const ENDING_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;

/**
 * Time for which a closing server goes on answering, in milliseconds: each answer then tells its
 * client to leave, so that few keep-alive connections are cut with a request on its way.
 */
export const FAREWELL_MS = 200;

/**
 * Time that the hooks of a shutdown have when the grace period has ended and cut off what was in flight, in
 * milliseconds: services are told all the same, and the last spans are sent.
 */
export const LAST_HOOKS_MS = 1_000;
