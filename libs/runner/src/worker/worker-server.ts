import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { runCalls } from '../runnable/current-calls.js';
import { CallAbortedError, RunnerTimeoutError } from '../runner.errors.js';
import { errorFrame, resultFrame, sendAnswer } from '../wire/answer-frame.js';
import { isHangUp, readFrames } from '../wire/frame-socket.js';
import type { CallFrame, Frame, OutgoingFrame } from '../wire/frame.js';
import { machineNow } from '../wire/machine-clock.js';
import { unpackValues } from '../wire/values.js';
import { writeFrame } from '../wire/write-frame.js';
import type { LoadedRunnable } from './load-runnable.js';
import { runMethod } from './run-method.js';

/**
 * Serves a Runnable on a unix socket, one call at a time: of each API process in the order in which
 * they came, of several API processes in turn, so that a busy one does not keep the others waiting.
 */
export class WorkerServer {
  private readonly server: Server;
  private readonly queues = new Map<Socket, CallFrame[]>();
  private isRunning = false;

  constructor(
    private readonly runner: string,
    private readonly loaded: LoadedRunnable,
  ) {
    this.server = createServer((socket) => this.accept(socket));
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(path, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  private accept(socket: Socket): void {
    readFrames(socket, (frame) => this.take(socket, frame));
    socket.on('error', (error) => {
      if (!isHangUp(error)) console.error(`Runner "${this.runner}": ${error.message}`);
    });
    socket.on('close', () => this.queues.delete(socket));
    const { methods, metadata } = this.loaded;
    writeFrame(socket, { type: 'hello', head: { pid: process.pid, methods, metadata } });
  }

  private take(socket: Socket, frame: Frame): void {
    if (frame.type === 'cancel') this.cancel(socket, frame.id);
    else if (frame.type === 'call') this.enqueue(socket, frame);
  }

  private enqueue(socket: Socket, frame: CallFrame): void {
    const queue = this.queues.get(socket);
    if (queue === undefined) this.queues.set(socket, [frame]);
    else queue.push(frame);
    if (!this.isRunning) void this.runQueues();
  }

  /** A call that has not begun is answered at once, and is not run. */
  private cancel(socket: Socket, id: number): void {
    const queue = this.queues.get(socket) ?? [];
    const index = queue.findIndex((frame) => frame.id === id);
    if (index === -1) return;
    queue.splice(index, 1);
    sendAnswer(socket, id, errorFrame(id, new CallAbortedError(this.runner)));
  }

  private async runQueues(): Promise<void> {
    this.isRunning = true;
    for (let next = this.next(); next !== undefined; next = this.next()) {
      const { socket, frame } = next;
      const answer = await this.answer(frame);
      if (!socket.destroyed) sendAnswer(socket, frame.id, answer);
    }
    this.isRunning = false;
  }

  /** The first call of the connection whose turn it is; that connection then goes to the end. */
  private next(): { socket: Socket; frame: CallFrame } | undefined {
    for (const [socket, queue] of this.queues) {
      const frame = queue.shift();
      this.queues.delete(socket);
      if (queue.length > 0) this.queues.set(socket, queue);
      if (frame !== undefined) return { socket, frame };
    }
    return undefined;
  }

  private async answer(frame: CallFrame): Promise<OutgoingFrame> {
    const { id, head, tensors, deadline } = frame;
    if (deadline > 0 && deadline < machineNow()) {
      return errorFrame(id, new RunnerTimeoutError(this.runner, 0));
    }
    const startedAt = performance.now();
    try {
      const args = unpackValues(head.args, tensors);
      const call = { method: head.method, args };
      const run = (): Promise<unknown> => runMethod(this.runner, this.loaded, call);
      const result = await runCalls(head.origins, run);
      return resultFrame(id, result, performance.now() - startedAt);
    } catch (error) {
      return errorFrame(id, error);
    }
  }
}
