/** Entry point of a worker process: forked by the pool, one Runnable each. */
import { dirname } from 'node:path';
import { rmdirSync, rmSync } from 'node:fs';
import { inspect } from 'node:util';
import { changeLogSettings } from '../log/log-settings.js';
import { loadRunnable } from './load-runnable.js';
import type { LoadedRunnable } from './load-runnable.js';
import type { InitMessage, MessageFromWorker, MessageToWorker } from './messages.js';
import { watchParent } from './parent-watch.js';
import { warmUp } from './warm-up.js';
import { WorkerServer } from './worker-server.js';

/** Asked for at once: it changes when the parent dies. */
const parent = process.ppid;
let loaded: LoadedRunnable | undefined;
let socketPath: string | undefined;

process.on('message', (message: MessageToWorker) => {
  if (message.type === 'init') void start(message);
  else if (message.type === 'log-level') changeLogSettings({ level: message.level });
  else void stop();
});

// Signals to the process group are for the API process; it tells us when to go. When it is gone, so
// are we: nobody else could.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM']) process.on(signal, () => {});
process.on('disconnect', () => {
  removeSocket();
  process.exit(0);
});

async function start(init: InitMessage): Promise<void> {
  process.title = `bentonest worker ${init.runner}`;
  try {
    socketPath = init.socketPath;
    changeLogSettings({ ...init.log, runner: init.runner });
    watchParent(parent, socketPath);
    loaded = await loadRunnable(init);
    await warmUp(init.runner, loaded, init.warmup);
    await new WorkerServer(init.runner, loaded).listen(socketPath);
    send({ type: 'ready' });
  } catch (error) {
    // With its causes, for the log.
    const reason = inspect(error);
    send({ type: 'failed', reason }, () => process.exit(1));
  }
}

async function stop(): Promise<void> {
  await loaded?.instance.close?.();
  removeSocket();
  process.exit(0);
}

function send(message: MessageFromWorker, sent?: () => void): void {
  process.send?.(message, undefined, undefined, sent);
}

function removeSocket(): void {
  if (socketPath === undefined || process.platform === 'win32') return;
  rmSync(socketPath, { force: true });
  if (process.connected) return;
  try {
    // The API process made the folder; after its death the last worker removes it.
    rmdirSync(dirname(socketPath));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT') throw error;
  }
}
