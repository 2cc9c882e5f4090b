import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { Logger } from '@nestjs/common';
import { RespawnPolicy } from 'bentonest/runner';
import type { ProcessLife } from 'bentonest/runner';
import { API_PROCESS } from './api-process.js';
import { HandedConnections } from './handed-connections.js';
import type { Connection } from './handed-connections.js';
import type { SharedLevel } from './log-through-bento.js';
import { tell } from './process-messages.js';
import type { Address, ProcessMessage } from './process-messages.js';
import type { ResolvedServeOptions } from './serve.options.js';

type ApiProcessOptions = Pick<ResolvedServeOptions, 'workers' | 'maxRuntimeMs'>;

interface ApiProcessEvents {
  /** A process was started. */
  readonly onStart: (child: ChildProcess) => void;
  /** None serves, and the last that was tried did not come to serve. */
  readonly onFailure: () => void;
}

/** The processes that serve: starts them, replaces the dead, and hands connections over in turn. */
export class ApiProcesses {
  private readonly logger = new Logger('Serve');
  private readonly policy = new RespawnPolicy();
  private readonly children = new Set<ChildProcess>();
  /** Of those that have come to serve. */
  private readonly lives = new WeakMap<ChildProcess, ProcessLife>();
  /** Those that serve; the next connection is the first one's. */
  private readonly ready: ChildProcess[] = [];
  /** Those in whose place another is being started. */
  private readonly leaving = new Set<ChildProcess>();
  /** Those that were replaced, and answer what they have. */
  private readonly retired = new Set<ChildProcess>();
  /** Connections that came while nobody served. */
  private readonly waiting: Connection[] = [];
  private readonly handed = new HandedConnections();
  /** One of them was ready, if only once. */
  private haveServed = false;
  private isStopping = false;
  private readonly count: number;
  private readonly maxRuntimeMs: number | undefined;
  private level: SharedLevel | undefined;
  private changedLevel: ProcessMessage | undefined;

  constructor(
    { workers, maxRuntimeMs }: ApiProcessOptions,
    private readonly events: ApiProcessEvents,
  ) {
    this.count = workers;
    this.maxRuntimeMs = maxRuntimeMs;
  }

  get serving(): readonly ChildProcess[] {
    return this.ready;
  }

  /** Takes the connections of a server, from now on: those that come before anybody serves wait. */
  take(server: Server, at: Address): void {
    server.on('connection', (socket) => this.handOver({ at, socket }));
  }

  start(): void {
    for (let number = 1; number <= this.count; number++) this.launch(number);
  }

  /** Tells the processes of changes of the log's level, also those that start later. */
  shareLevel(level: SharedLevel | undefined): void {
    this.level = level;
    level?.onChange((changed) => {
      this.changedLevel = { to: 'log-level', level: changed };
      for (const child of this.ready) tell(child, this.changedLevel);
    });
  }

  /**
   * Lets them answer what they have, and resolves when all have ended.
   *
   * @returns whether those that had something to answer could: each ended with exit code 0.
   */
  async stop(): Promise<boolean> {
    this.isStopping = true;
    const ended = [...this.children].map(async (child) => {
      const isServing = this.ready.includes(child) || this.retired.has(child);
      const [code] = (await once(child, 'exit')) as [number | null];
      return !isServing || code === 0;
    });
    for (const child of this.children) {
      if (this.ready.includes(child)) tell(child, { to: 'stop' });
      else if (!this.retired.has(child)) child.kill('SIGKILL');
    }
    const outcomes = await Promise.all(ended);
    for (const { socket } of this.waiting) socket.destroy();
    return outcomes.every(Boolean);
  }

  kill(): void {
    this.isStopping = true;
    for (const child of this.children) child.kill('SIGKILL');
  }

  /** @param replaced what the new process is for, where another still serves */
  private launch(number: number, replaced?: ChildProcess): void {
    const [, entry = '', ...args] = process.argv;
    const env = { ...process.env, [API_PROCESS]: String(number) };
    const child = fork(entry, args, { env });
    this.children.add(child);
    child.on('message', (message: ProcessMessage) => {
      if (message.to === 'taken') this.handed.taken(child, message.id);
      if (message.to === 'log-level') this.level?.set(message.level);
      if (message.to === 'answered') this.noteLife(child, true);
      if (message.to !== 'ready') return;
      this.serve(child, number);
      if (replaced !== undefined) this.retire(replaced);
    });
    // All that it said has been read by then. With a connection on its way, 'disconnect' never comes.
    child.once('close', () => {
      for (const connection of this.handed.takeBack(child)) this.handOver(connection);
    });
    child.once('exit', (code, signal) => {
      this.bury(child, signal ?? `exit code ${code}`, () => this.launch(number, replaced));
    });
    this.events.onStart(child);
  }

  private serve(child: ChildProcess, number: number): void {
    this.haveServed = true;
    this.ready.push(child);
    this.noteLife(child, false);
    this.replaceLater(child, number);
    if (this.changedLevel !== undefined) tell(child, this.changedLevel);
    if (this.ready.length === this.count) {
      const pids = this.ready.map(({ pid }) => pid).join(', ');
      this.logger.log(`${this.count} API processes serve (${pids})`);
    }
    for (const waiting of this.waiting.splice(0)) this.handOver(waiting);
  }

  private noteLife(child: ChildProcess, hasAnswered: boolean): void {
    const { readyAt = performance.now() } = this.lives.get(child) ?? {};
    this.lives.set(child, { readyAt, hasAnswered });
  }

  /** Not all at once: each a little later than the one before it. */
  private replaceLater(child: ChildProcess, number: number): void {
    const { maxRuntimeMs, count } = this;
    if (maxRuntimeMs === undefined) return;
    const delayMs = maxRuntimeMs * (1 + (number - 1) / (10 * count));
    setTimeout(() => {
      if (this.isStopping || !this.ready.includes(child)) return;
      this.leaving.add(child);
      this.launch(number, child);
    }, delayMs).unref();
  }

  private retire(child: ChildProcess): void {
    const index = this.ready.indexOf(child);
    // It has died meanwhile.
    if (index === -1) return;
    this.leaving.delete(child);
    this.ready.splice(index, 1);
    this.retired.add(child);
    this.logger.log(`API process ${child.pid} was replaced after ${this.maxRuntimeMs} ms.`);
    tell(child, { to: 'stop' });
  }

  private handOver(connection: Connection): void {
    // One that has died may still be among them.
    const index = this.ready.findIndex(({ connected }) => connected);
    const [child] = index === -1 ? [] : this.ready.splice(index, 1);
    if (child === undefined) {
      this.waiting.push(connection);
      return;
    }
    this.ready.push(child);
    this.handed.give(child, connection);
  }

  private bury(child: ChildProcess, reason: string, launch: () => void): void {
    this.children.delete(child);
    if (this.retired.delete(child)) return;
    const index = this.ready.indexOf(child);
    if (index !== -1) this.ready.splice(index, 1);
    if (this.isStopping || this.leaving.delete(child)) return;
    const life = this.lives.get(child) ?? {};
    const { delayMs, failed } = this.policy.afterDeath(performance.now(), life);
    // What cannot start at all is no crash to recover from.
    if ((failed || !this.haveServed) && this.ready.length === 0) {
      this.logger.fatal(`API process ${child.pid} did not come to serve (${reason}).`);
      this.events.onFailure();
      return;
    }
    this.logger.warn(`API process ${child.pid} died (${reason}), and is replaced.`);
    setTimeout(() => {
      if (!this.isStopping) launch();
    }, delayMs);
  }
}
