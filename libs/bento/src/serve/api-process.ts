import type { EventEmitter } from 'node:events';
import type { Server as NetServer, Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { MetricsMember } from 'bentonest/observe';
import { RunnersCaller, SocketFolder } from 'bentonest/runner';
import { ENDING_SIGNALS, LAST_HOOKS_MS, ServerLife } from 'bentonest/serving';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createAdminServer } from './admin/admin-address.js';
import { createApplication, withSharing } from './create-application.js';
import type { RootModule } from './create-application.js';
import { levelOf } from './log-through-bento.js';
import { channelOf, tell } from './process-messages.js';
import type { Address, MessagePort, ProcessMessage } from './process-messages.js';
import type { ResolvedServeOptions } from './serve.options.js';

/** Tells a process that it is one of several that serve, and which: its number, from 1. */
export const API_PROCESS = 'BENTONEST_API_PROCESS';

/**
 * Which of the processes of a primary this one is.
 *
 * @returns undefined where it is none, and at most has inherited the variable from one.
 */
export function takeApiProcessNumber(): string | undefined {
  const { [API_PROCESS]: number } = process.env;
  // What this process starts is no such process.
  delete process.env[API_PROCESS];
  return process.send === undefined ? undefined : number;
}

/**
 * One of several processes that serve the API. Its port is the primary's, which hands connections
 * over; its runners' workers are, too.
 */
export async function runApiProcess(
  root: RootModule,
  options: ResolvedServeOptions,
  number: string,
): Promise<NestFastifyApplication> {
  const primary = process as unknown as MessagePort;
  // Signals go to the whole group; it is the primary that says when to end, and how.
  for (const signal of ENDING_SIGNALS) process.on(signal, () => undefined);
  process.once('disconnect', () => process.exit(1));
  // It may have died while this process was loading.
  if (!primary.connected) process.exit(1);
  const caller = new RunnersCaller(channelOf('runners', primary));
  const metrics = new MetricsMember(number, channelOf('metrics', primary));
  const shared = withSharing(root, { runners: { role: 'caller', caller }, metrics });
  const app = await createApplication(shared, options);
  const admin = createAdminServer(app, options.admin);
  app.get(ServerLife, { strict: false }).expectHanded();
  // Nobody connects to it: with it, a server has all that Node and Nest do for one that listens.
  const unheard = new SocketFolder();
  await app.listen(unheard.nextPath(), () => undefined);
  if (admin !== undefined) {
    await new Promise<void>((done) => admin.listen(unheard.nextPath(), done));
  }
  unheard.remove();
  takeConnections(primary, { public: app.getHttpServer(), admin }, () => closeWhole(app));
  shareLevel(app, primary);
  tellFirstAnswer(primary, app.getHttpServer());
  tell(primary, { to: 'ready' });
  return app;
}

/** A process that dies before that could not serve. */
function tellFirstAnswer(primary: MessagePort, server: NetServer): void {
  const watch = (_request: unknown, response: EventEmitter): void => {
    response.once('finish', () => {
      if (!server.listeners('request').includes(watch)) return;
      server.off('request', watch);
      tell(primary, { to: 'answered' });
    });
  };
  server.on('request', watch);
}

/** A level that is set here holds in the other processes, and one that is set there here. */
function shareLevel(app: NestFastifyApplication, primary: MessagePort): void {
  const level = levelOf(app);
  level?.onChange((changed) => tell(primary, { to: 'log-level', level: changed }));
  primary.on('message', (message) => {
    if (message.to === 'log-level') level?.set(message.level);
  });
}

/** @returns whether all that was in flight was answered, and everything closed. */
async function closeWhole(app: NestFastifyApplication): Promise<boolean> {
  const logger = new Logger('Serve');
  const life = app.get(ServerLife, { strict: false });
  const { preStopDelayMs, shutdownGraceMs } = life.options;
  const graceMs = preStopDelayMs + shutdownGraceMs;
  setTimeout(() => {
    logger.error(`Not closed within ${graceMs} ms: the process ends with what is unfinished.`);
    setTimeout(() => process.exit(1), LAST_HOOKS_MS).unref();
  }, graceMs).unref();
  try {
    await app.close();
    return !life.hasCut;
  } catch (error) {
    logger.error('The API process could not be closed.', (error as Error).stack);
    return false;
  }
}

/** Servers that do not listen: the primary does, and hands connections over. */
function takeConnections(
  primary: MessagePort,
  servers: Readonly<Record<Address, NetServer | undefined>>,
  close: () => Promise<boolean>,
): void {
  process.on('message', (message: ProcessMessage, connection?: Socket) => {
    if (message.to === 'connections') {
      // Before it is read: nobody else may have it then.
      tell(primary, { to: 'taken', id: message.id });
      if (connection === undefined) return;
      servers[message.at]?.emit('connection', connection);
      connection.resume();
    } else if (message.to === 'stop') {
      void close().then((isWhole) => process.exit(isWhole ? 0 : 1));
    }
  });
}
