import { rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { RunnersCaller, SocketFolder } from 'bentonest/runner';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApplication, withSharing } from './create-application.js';
import type { RootModule } from './create-application.js';
import { levelOf } from './log-through-bento.js';
import { runnersChannel } from './process-messages.js';
import type { MessagePort, ProcessMessage } from './process-messages.js';
import type { ResolvedServeOptions } from './serve.options.js';

/** Tells a process that it is one of several that serve, and which: its number, from 1. */
export const API_PROCESS = 'BENTONEST_API_PROCESS';

/**
 * One of several processes that serve the API. Its port is the primary's, which hands connections
 * over; its runners' workers are, too.
 */
export async function runApiProcess(
  root: RootModule,
  options: ResolvedServeOptions,
): Promise<NestFastifyApplication> {
  const primary = process as unknown as MessagePort;
  // Signals go to the whole group; it is the primary that says when to end, and how.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  process.once('disconnect', () => process.exit(1));
  const caller = new RunnersCaller(runnersChannel(primary));
  const app = await createApplication(withSharing(root, { role: 'caller', caller }), options);
  // Nobody connects to it: with it, the server has all that Node and Nest do for one that listens.
  const socket = new SocketFolder().nextPath();
  await app.listen(socket, () => undefined);
  await rm(socket, { force: true });
  takeConnections(app, primary);
  shareLevel(app, primary);
  primary.send?.({ to: 'ready' });
  return app;
}

/** A level that is set here holds in the other processes, and one that is set there here. */
function shareLevel(app: NestFastifyApplication, primary: MessagePort): void {
  const level = levelOf(app);
  level?.onChange((changed) => primary.send?.({ to: 'log-level', level: changed }));
  primary.on('message', (message) => {
    if (message.to === 'log-level') level?.set(message.level);
  });
}

function takeConnections(app: NestFastifyApplication, primary: MessagePort): void {
  const server = app.getHttpServer();
  process.on('message', (message: ProcessMessage, connection?: Socket) => {
    if (message.to === 'connections' && connection !== undefined) {
      server.emit('connection', connection);
      connection.resume();
    } else if (message.to === 'stop') {
      void app.close().then(() => process.exit(0));
    }
  });
  primary.on('disconnect', () => undefined);
}
