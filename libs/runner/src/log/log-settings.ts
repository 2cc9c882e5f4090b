import type { LogFormat, LogLevelName } from './log-levels.js';

/** How the processes of an application log. */
export interface LogSettings {
  readonly level: LogLevelName;
  readonly format: LogFormat;
  /** Paths of fields that are not shown, beside the headers that never are. */
  readonly redact: readonly string[];
  /** In a worker, the runner that it is of. */
  readonly runner?: string;
}

type Listener = (settings: LogSettings) => void;

interface Held {
  settings: LogSettings;
  readonly listeners: Set<Listener>;
}

// The process's own: the user's file and the worker may have loaded two copies of this package.
const HELD = Symbol.for('bentonest.log-settings');
const held = ((globalThis as { [HELD]?: Held })[HELD] ??= {
  settings: { level: 'info', format: 'json', redact: [] },
  listeners: new Set(),
});

/** What this process and its workers log by, until it is changed. */
export function logSettings(): LogSettings {
  return held.settings;
}

/** Of several applications in one process, the last one's hold. Workers follow the level. */
export function changeLogSettings(changed: Partial<LogSettings>): void {
  held.settings = { ...held.settings, ...changed };
  for (const listener of held.listeners) listener(held.settings);
}

/** Calls back after each change; returns what ends that. */
export function onLogSettings(listener: Listener): () => void {
  held.listeners.add(listener);
  return () => void held.listeners.delete(listener);
}
