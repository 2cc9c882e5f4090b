import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { CallOrigin } from '../dispatch/call-origin.js';
import { CallScope } from '../dispatch/call-scope.js';
import type { CallOptions } from '../dispatch/call.js';
import { RunnerFailedError } from '../runner.errors.js';
import type { RunnableModel } from '../worker/load-runnable.js';
import { errorFrame, resultFrame, sendAnswer } from '../wire/answer-frame.js';
import { isHangUp, readFrames } from '../wire/frame-socket.js';
import type { CallFrame, Frame, MethodDescription, OutgoingFrame } from '../wire/frame.js';
import { machineNow } from '../wire/machine-clock.js';
import { unpackValues } from '../wire/values.js';
import { writeFrame } from '../wire/write-frame.js';

/** What the gateway needs of a runner. */
export interface GatewayRunner {
  readonly name: string;
  readonly model: RunnableModel | undefined;
  readonly methods: readonly MethodDescription[];
  /** Resolves when it serves. */
  start(): Promise<void>;
  call(method: string, args: readonly unknown[], options?: CallOptions): Promise<unknown>;
}

/** One connection of another process to a runner: its calls run side by side, and end with it. */
export class GatewayConnection {
  private readonly calls = new Map<number, CallScope>();
  private readonly logger = new Logger('Runners');
  private isGathering = false;

  constructor(
    private readonly runner: GatewayRunner,
    private readonly socket: Socket,
  ) {
    readFrames(socket, (frame) => this.take(frame));
    socket.on('error', (error) => {
      if (!isHangUp(error))
        this.logger.warn(`${runner.name}, called from outside: ${error.message}`);
    });
    socket.on('close', () => {
      for (const call of this.calls.values()) call.abort('the caller is gone');
    });
    void this.greet();
  }

  close(): void {
    this.socket.destroy();
  }

  /** Once the model is loaded: its tag is in the greeting. */
  private async greet(): Promise<void> {
    try {
      await this.runner.start();
    } catch {
      // The application's own start tells why; who called finds that it cannot connect.
      this.socket.destroy();
      return;
    }
    if (this.socket.destroyed) return;
    const { model, methods } = this.runner;
    const head = { pid: process.pid, methods, metadata: { model: model ?? null } };
    writeFrame(this.socket, { type: 'hello', head });
  }

  private take(frame: Frame): void {
    if (frame.type === 'cancel') this.calls.get(frame.id)?.abort('cancelled');
    else if (frame.type === 'call') void this.answer(frame);
  }

  private async answer(frame: CallFrame): Promise<void> {
    const { id } = frame;
    const scope = new CallScope(readOrigin(frame.head));
    this.calls.set(id, scope);
    const answer = await this.run(frame, scope);
    this.calls.delete(id);
    if (this.socket.destroyed) return;
    this.gather();
    sendAnswer(this.socket, id, answer);
  }

  /** The answers of one batch come in one turn, and leave in one write. */
  private gather(): void {
    if (this.isGathering) return;
    this.isGathering = true;
    this.socket.cork();
    setImmediate(() => {
      this.isGathering = false;
      this.socket.uncork();
    });
  }

  private async run(frame: CallFrame, scope: CallScope): Promise<OutgoingFrame> {
    const { id, head, tensors, deadline } = frame;
    const startedAt = performance.now();
    // It may be over by now, which the runner answers as what it is.
    const options = deadline > 0 ? { timeoutMs: Math.max(0, deadline - machineNow()) } : {};
    try {
      const args = unpackValues(head.args, tensors);
      const result = await scope.run(() => this.runner.call(head.method, args, options));
      return resultFrame(id, result, performance.now() - startedAt);
    } catch (error) {
      this.log(error);
      return errorFrame(id, error);
    }
  }

  /** What the Runnable did not raise on purpose has its cause in the log, as for HTTP calls. */
  private log(error: unknown): void {
    if (!(error instanceof RunnerFailedError)) return;
    const { cause } = error;
    this.logger.error(error.message, cause instanceof Error ? cause.stack : undefined);
  }
}

/** Who calls from outside may tell for which request: what the worker gets is text, whatever came. */
function readOrigin({ origins }: CallFrame['head']): CallOrigin | undefined {
  const [origin] = Array.isArray(origins) ? (origins as readonly unknown[]) : [];
  if (!Array.isArray(origin)) return undefined;
  const [requestId, traceparent] = origin as readonly unknown[];
  if (typeof requestId !== 'string') return undefined;
  return typeof traceparent === 'string' ? { requestId, traceparent } : { requestId };
}
