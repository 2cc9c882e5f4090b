import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { BentoError, toErrorMessage } from 'bentonest/errors';
import { RunnerTimeoutError } from '../runner.errors.js';
import { FrameReader } from '../wire/frame-reader.js';
import type { CallFrame, ErrorFrame, Frame, OutgoingFrame } from '../wire/frame.js';
import { packValues, unpackValues } from '../wire/values.js';
import { writeFrame } from '../wire/write-frame.js';
import type { LoadedRunnable } from './load-runnable.js';
import { runMethod } from './run-method.js';

interface QueuedFrame {
  readonly socket: Socket;
  readonly frame: CallFrame;
}

/** Serves a Runnable on a unix socket: one call at a time, in the order in which they came. */
export class WorkerServer {
  private readonly server: Server;
  private queue: QueuedFrame[] = [];
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
    const reader = new FrameReader((frame) => this.take(socket, frame));
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // An API process that died leaves this behind; its successor connects anew.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return;
      console.error(`Runner "${this.runner}": ${error.message}`);
    });
    socket.on('close', () => {
      this.queue = this.queue.filter((queued) => queued.socket !== socket);
    });
    const { methods, metadata } = this.loaded;
    writeFrame(socket, { type: 'hello', head: { pid: process.pid, methods, metadata } });
  }

  private take(socket: Socket, frame: Frame): void {
    if (frame.type === 'cancel') {
      this.queue = this.queue.filter(
        (queued) => queued.socket !== socket || queued.frame.id !== frame.id,
      );
    } else if (frame.type === 'call') {
      this.queue.push({ socket, frame });
      if (!this.isRunning) void this.runQueue();
    }
  }

  private async runQueue(): Promise<void> {
    this.isRunning = true;
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      const { socket, frame } = next;
      const answer = await this.answer(frame);
      if (!socket.destroyed) this.send(socket, frame.id, answer);
    }
    this.isRunning = false;
  }

  private async answer(frame: CallFrame): Promise<OutgoingFrame> {
    const { id, head, tensors, deadline } = frame;
    if (deadline > 0 && deadline < Date.now()) {
      return errorFrame(id, new RunnerTimeoutError(this.runner, 0));
    }
    const startedAt = performance.now();
    try {
      const args = unpackValues(head.args, tensors);
      const result = await runMethod(this.runner, this.loaded, { method: head.method, args });
      const many = Array.isArray(result) && result.some((item) => typeof item === 'object');
      const values = packValues(many ? (result as unknown[]) : [result]);
      const runMs = performance.now() - startedAt;
      const resultHead = { values: values.layouts, runMs, ...(many ? { many } : {}) };
      return { type: 'result', id, head: resultHead, tensors: values.tensors };
    } catch (error) {
      return errorFrame(id, error);
    }
  }

  private send(socket: Socket, id: number, answer: OutgoingFrame): void {
    try {
      writeFrame(socket, answer);
    } catch (error) {
      writeFrame(socket, errorFrame(id, error));
    }
  }
}

/** An error that the Runnable did not raise on purpose crosses as text for the log only. */
function errorFrame(id: number, error: unknown): ErrorFrame {
  if (error instanceof BentoError) return { type: 'error', id, head: toErrorMessage(error) };
  const log = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const head = { code: 'RUNNER_FAILED', statusCode: 500, message: 'The Runnable failed.', log };
  return { type: 'error', id, head };
}
