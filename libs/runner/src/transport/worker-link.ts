import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { RemoteError } from 'bentonest/errors';
import type { Batch } from '../dispatch/batch.js';
import { packOrigins } from '../dispatch/call-origin.js';
import type { BatchTarget } from '../dispatch/target-slots.js';
import { RunnerFailedError, RunnerWorkerLostError } from '../runner.errors.js';
import { toHttpException } from './http-exception.js';
import { readFrames } from '../wire/frame-socket.js';
import type { ErrorFrame, Frame, HelloFrame, ResultFrame } from '../wire/frame.js';
import { toMachineTime } from '../wire/machine-clock.js';
import { packValues, unpackValues } from '../wire/values.js';
import { writeFrame } from '../wire/write-frame.js';

interface PendingBatch {
  readonly batch: Batch;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface LinkEvents {
  /** Called once, however the link ends. */
  readonly onLost: () => void;
  /** The worker does not answer. */
  readonly onHang: (reason: string) => void;
  /** Called once: the worker has answered a call. */
  readonly onFirstAnswer?: () => void;
}

/** The API process's connection to one worker. */
export class WorkerLink implements BatchTarget {
  /** Calls that the worker was given. */
  calls = 0;
  private readonly pending = new Map<number, PendingBatch>();
  private nextId = 1;
  private isLost = false;
  private hasAnswered = false;

  private constructor(
    private readonly runner: string,
    private readonly socket: Socket,
    private readonly events: LinkEvents,
    readonly hello: HelloFrame['head'],
  ) {}

  /** Connects and waits for the worker's hello. */
  static open(runner: string, path: string, events: LinkEvents): Promise<WorkerLink> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      let link: WorkerLink | undefined;
      readFrames(socket, (frame) => {
        if (link !== undefined) {
          link.receive(frame);
        } else if (frame.type === 'hello') {
          link = new WorkerLink(runner, socket, events, frame.head);
          resolve(link);
        }
      });
      let failure: Error | undefined;
      socket.on('error', (error) => (failure = error));
      socket.on('close', () => {
        if (link === undefined) {
          reject(new RunnerWorkerLostError(runner, { cause: failure }));
          return;
        }
        link.lose(failure);
        events.onLost();
      });
    });
  }

  get isBusy(): boolean {
    return this.pending.size > 0;
  }

  run(batch: Batch): Promise<unknown> {
    if (this.isLost) return Promise.reject(new RunnerWorkerLostError(this.runner));
    const id = this.nextId;
    this.nextId = id === 0xffff_ffff ? 1 : id + 1;
    return new Promise((resolve, reject) => {
      const { layouts, tensors } = packValues(batch.args);
      const { ignoresOrigins = false } = batch.method;
      const origins = ignoresOrigins ? undefined : packOrigins(batch.calls);
      const head = { method: batch.method.name, args: layouts, origins };
      writeFrame(this.socket, {
        type: 'call',
        id,
        deadline: toWireDeadline(batch.deadline),
        head,
        tensors,
      });
      this.pending.set(id, { batch, resolve, reject });
      this.calls += batch.calls.length;
    });
  }

  cancel(batch: Batch): void {
    for (const [id, pending] of this.pending) {
      if (pending.batch === batch) writeFrame(this.socket, { type: 'cancel', id });
    }
  }

  terminate(reason: string): void {
    this.events.onHang(reason);
  }

  close(): void {
    this.socket.destroy();
  }

  /** Fails what runs in the worker; also called when its process ended before its socket did. */
  lose(cause?: unknown): void {
    if (this.isLost) return;
    this.isLost = true;
    this.socket.destroy();
    for (const { reject } of this.pending.values()) {
      reject(new RunnerWorkerLostError(this.runner, { cause }));
    }
    this.pending.clear();
  }

  private receive(frame: Frame): void {
    if (frame.type !== 'result' && frame.type !== 'error') return;
    const pending = this.pending.get(frame.id);
    if (pending === undefined) return;
    this.pending.delete(frame.id);
    if (!this.hasAnswered) {
      this.hasAnswered = true;
      this.events.onFirstAnswer?.();
    }
    if (frame.type === 'error') {
      pending.reject(toError(this.runner, pending.batch.method.name, frame.head));
      return;
    }
    pending.batch.worker = { pid: this.hello.pid, runMs: frame.head.runMs };
    try {
      pending.resolve(toResult(frame));
    } catch (error) {
      pending.reject(error);
    }
  }
}

/** The dispatcher's clock counts from the start of this process. */
function toWireDeadline(deadline: number): number {
  return Number.isFinite(deadline) ? toMachineTime(deadline) : 0;
}

function toResult({ head, tensors }: ResultFrame): unknown {
  const values = unpackValues(head.values, tensors);
  return head.many ? values : values[0];
}

function toError(runner: string, method: string, head: ErrorFrame['head']): Error {
  if (head.response !== undefined) return toHttpException(head);
  if (head.log === undefined) return new RemoteError(head);
  const cause = new Error(head.log.split('\n', 1)[0]);
  cause.stack = head.log;
  return new RunnerFailedError(runner, method, { cause });
}
