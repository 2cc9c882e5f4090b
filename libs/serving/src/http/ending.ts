/** Signals that ask a process to end. Those of crashes are left to the system. */
export const ENDING_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;

/**
 * Time for which a closing server goes on answering, in milliseconds: each answer then tells its
 * client to leave, so that few keep-alive connections are cut with a request on its way.
 */
export const FAREWELL_MS = 200;
