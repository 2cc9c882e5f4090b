import { expect } from 'vitest';
import { ServedApp } from '../e2e/served-app.js';
import type { ServedAppOptions } from '../e2e/served-app.js';
import type { LogAppOptions } from '../fixtures/log-app/main.js';

/** What an end may take, whatever becomes of the lines. */
export const MAX_END_MS = 5000;
const LONG = 'a'.repeat(500);
/** Long lines, so that few requests fill what there is to fill. */
export const LONG_LINES: LogAppOptions['logging'] = {
  access: { fields: ['status', 'userAgent', 'query'] },
};

/** The fixture server that logs by every way there is. */
export function startLogApp(
  options: LogAppOptions = {},
  stdout?: ServedAppOptions['stdout'],
): Promise<ServedApp> {
  const LOG_APP = JSON.stringify(options);
  return ServedApp.start({ entry: 'dist/test/fixtures/log-app/main.js', env: { LOG_APP }, stdout });
}

interface Answers {
  /** How many there were of each status. */
  readonly statuses: Map<number, number>;
  /** The API processes that answered. */
  readonly pids: Set<number>;
}

/** Requests, fifty at a time, that log a line each, and some that log in a worker, too. */
export async function askForLines(
  server: ServedApp,
  count: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answers> {
  const statuses = new Map<number, number>();
  const pids = new Set<number>();
  const sent = { 'user-agent': LONG, ...headers };
  const askOne = async (number: number): Promise<void> => {
    const talks = number % 10 === 0;
    const answer = talks
      ? await server.post(`/talk?q=${LONG}`, { runner: 'node' }, sent)
      : await server.post(`/pid?q=${LONG}`, undefined, sent);
    const body = await answer.text();
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    if (!talks) pids.add(Number(body));
  };
  for (let at = 0; at < count; at += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, number) => askOne(number)));
  }
  return { statuses, pids };
}

/** Sends SIGTERM; how long the end took, in milliseconds. */
export async function endOf(server: ServedApp): Promise<number> {
  const startedAt = performance.now();
  expect(await server.end()).toBe(0);
  return performance.now() - startedAt;
}
