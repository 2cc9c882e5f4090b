import { rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { MetricsMember } from 'bentonest/observe';
import { RunnersCaller, SocketFolder } from 'bentonest/runner';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApplication, withSharing } from './create-application.js';
import type { RootModule } from './create-application.js';
import { channelOf } from './process-messages.js';
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
  const caller = new RunnersCaller(channelOf('runners', primary));
  const metrics = new MetricsMember(process.env[API_PROCESS] ?? '', channelOf('metrics', primary));
  const shared = withSharing(root, { runners: { role: 'caller', caller }, metrics });
  const app = await createApplication(shared, options);
  // Nobody connects to it: with it, the server has all that Node and Nest do for one that listens.
  const socket = new SocketFolder().nextPath();
  await app.listen(socket, () => undefined);
  await rm(socket, { force: true });
  takeConnections(app, primary);
  primary.send?.({ to: 'ready' });
  return app;
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
