import { Worker } from 'node:worker_threads';

/** How often the thread looks, in milliseconds. */
const INTERVAL_MS = 500;

/**
 * A thread of its own, plain JavaScript: it is to live while the main thread loops. A killed process
 * leaves its socket behind, so it is removed before, and the folder by the last one.
 */
const WATCH = `
  const { rmSync, rmdirSync } = require('node:fs');
  const { dirname } = require('node:path');
  const { workerData } = require('node:worker_threads');
  const { parent, socketPath, intervalMs } = workerData;
  const isGone = () => {
    if (process.ppid !== parent) return true;
    try { process.kill(parent, 0); return false; } catch { return true; }
  };
  setInterval(() => {
    if (!isGone()) return;
    try { rmSync(socketPath, { force: true }); rmdirSync(dirname(socketPath)); } catch {}
    process.kill(process.pid, 'SIGKILL');
  }, intervalMs);
`;

/**
 * Ends this process within a second of its parent's death, also while a call keeps its event loop
 * busy and the closed IPC channel is not seen.
 */
export function watchParent(parent: number, socketPath: string): void {
  const workerData = { parent, socketPath, intervalMs: INTERVAL_MS };
  new Worker(WATCH, { eval: true, execArgv: [], workerData }).unref();
}
