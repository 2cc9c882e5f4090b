import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { RespawnPolicy } from 'bentonest/runner';
import { API_PROCESS } from './api-process.js';
import type { ProcessMessage } from './process-messages.js';

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
  /** Those that serve; the next connection is the first one's. */
  private readonly ready: ChildProcess[] = [];
  /** Connections that came while nobody served. */
  private readonly waiting: Socket[] = [];
  private isStopping = false;

  constructor(
    private readonly count: number,
    private readonly events: ApiProcessEvents,
  ) {}

  get serving(): readonly ChildProcess[] {
    return this.ready;
  }

  /** Takes the connections of a server, from now on: those that come before anybody serves wait. */
  take(server: Server): void {
    server.on('connection', (socket) => this.handOver(socket));
  }

  start(): void {
    for (let number = 1; number <= this.count; number++) this.launch(number);
  }

  /** Lets them answer what they have, and resolves when all have ended. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const ended = [...this.children].map((child) => once(child, 'exit'));
    for (const child of this.children) {
      if (this.ready.includes(child)) send(child, { to: 'stop' });
      else child.kill('SIGKILL');
    }
    await Promise.all(ended);
    for (const socket of this.waiting) socket.destroy();
  }

  kill(): void {
    this.isStopping = true;
    for (const child of this.children) child.kill('SIGKILL');
  }

  private launch(number: number): void {
    const [, entry = '', ...args] = process.argv;
    const env = { ...process.env, [API_PROCESS]: String(number) };
    const child = fork(entry, args, { env });
    this.children.add(child);
    child.on('message', (message: ProcessMessage) => {
      if (message.to === 'ready') this.serve(child);
    });
    child.once('exit', (code, signal) => this.bury(child, number, signal ?? `exit code ${code}`));
    this.events.onStart(child);
  }

  private serve(child: ChildProcess): void {
    this.ready.push(child);
    if (this.ready.length === this.count) {
      const pids = this.ready.map(({ pid }) => pid).join(', ');
      this.logger.log(`${this.count} API processes serve (${pids})`);
    }
    for (const socket of this.waiting.splice(0)) this.handOver(socket);
  }

  private handOver(socket: Socket): void {
    const child = this.ready.shift();
    if (child === undefined) {
      this.waiting.push(socket);
      return;
    }
    this.ready.push(child);
    // A process that dies meanwhile takes the connection with it: its client connects anew.
    child.send({ to: 'connections' } satisfies ProcessMessage, socket, {}, () => undefined);
  }

  private bury(child: ChildProcess, number: number, reason: string): void {
    this.children.delete(child);
    const index = this.ready.indexOf(child);
    if (index !== -1) this.ready.splice(index, 1);
    if (this.isStopping) return;
    const { delayMs, failed } = this.policy.afterDeath(performance.now(), index !== -1);
    const isFirst = index === -1 && this.ready.length === 0;
    if (isFirst || (failed && this.ready.length === 0)) {
      this.logger.fatal(`API process ${child.pid} did not come to serve (${reason}).`);
      this.events.onFailure();
      return;
    }
    this.logger.warn(`API process ${child.pid} died (${reason}), and is replaced.`);
    setTimeout(() => {
      if (!this.isStopping) this.launch(number);
    }, delayMs);
  }
}

function send(child: ChildProcess, message: ProcessMessage): void {
  if (child.connected) child.send(message);
}
