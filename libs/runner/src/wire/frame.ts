import type { NdArray } from 'bentonest/tensor';
import type { WireOrigins } from '../dispatch/call-origin.js';
import type { TensorChunks } from './tensor-chunks.js';

/**
 * The frames that API process and worker exchange; both sides import this file.
 *
 * Little-endian, every frame and every tensor padded to 8 bytes so that a reader makes views:
 *
 *     u32 length | u8 version | u8 type | u16 tensors | u32 id | u32 head bytes | f64 deadline
 *     head: UTF-8 JSON                                         (what is not a tensor)
 *     per tensor: u8 dtype | u8 rank | u16 0 | u32 data bytes | u32 × rank dimensions | data
 *
 * `length` counts the whole frame; `deadline` is in milliseconds of the machine's
 * monotonic clock (machine-clock.ts), 0 for none.
 */
export const WIRE_VERSION = 1;
export const HEADER_BYTES = 24;

/** Largest frame that a reader accepts, in bytes: what a batch of large images needs, and no more. */
export const MAX_FRAME_BYTES = 1 << 30;

export const FRAME_TYPES = ['hello', 'call', 'result', 'error', 'cancel'] as const;

/** What one argument or result is; tensors are taken from the frame in order. */
export type ValueLayout =
  | readonly ['tensor']
  | readonly ['record', ...string[]]
  | readonly ['frame', ...string[]]
  | readonly ['json', unknown];

/** A method of a Runnable, as the worker announces it. */
export interface MethodDescription {
  readonly name: string;
  /** Calls may be joined along the batch dimension. */
  readonly batchable: boolean;
  /** Batch dimension of the arguments and of the result. */
  readonly batchDim: readonly [input: number, output: number];
  /** May be run again where its worker died. */
  readonly idempotent?: boolean;
  /** Nothing in it looks at the requests that its calls are for: they are not sent. */
  readonly ignoresOrigins?: boolean;
}

/** First frame on a connection, from the worker. */
export interface HelloFrame {
  readonly type: 'hello';
  readonly head: {
    readonly pid: number;
    readonly methods: readonly MethodDescription[];
    /** What the Runnable tells about its model, for example its inputs. */
    readonly metadata: unknown;
  };
}

export interface CallFrame<Tensor = NdArray> {
  readonly type: 'call';
  readonly id: number;
  readonly deadline: number;
  readonly head: {
    readonly method: string;
    readonly args: readonly ValueLayout[];
    /** The requests that the calls in it are for, each once as a rule. */
    readonly origins?: WireOrigins | undefined;
  };
  readonly tensors: readonly Tensor[];
}

export interface ResultFrame<Tensor = NdArray> {
  readonly type: 'result';
  readonly id: number;
  /** `values` has one entry, or one per element where the method returned several (`many`). */
  readonly head: {
    readonly values: readonly ValueLayout[];
    readonly many?: true;
    readonly runMs: number;
  };
  readonly tensors: readonly Tensor[];
}

export interface ErrorFrame {
  readonly type: 'error';
  readonly id: number;
  readonly head: {
    /** Name of the error's class. */
    readonly name?: string;
    readonly code: string;
    readonly statusCode: number;
    readonly message: string;
    readonly details?: Readonly<Record<string, unknown>>;
    /** Body of an HttpException that the Runnable threw. */
    readonly response?: string | object;
    /** Text for the log of the API process, never for a client. */
    readonly log?: string;
  };
}

/** The caller no longer waits: a call that has not begun is dropped. */
export interface CancelFrame {
  readonly type: 'cancel';
  readonly id: number;
}

/** What a reader yields: tensors are whole arrays. */
export type Frame = HelloFrame | CallFrame | ResultFrame | ErrorFrame | CancelFrame;

/** What a writer takes: tensors may still lie in pieces. */
export type OutgoingFrame =
  HelloFrame | CallFrame<TensorChunks> | ResultFrame<TensorChunks> | ErrorFrame | CancelFrame;
