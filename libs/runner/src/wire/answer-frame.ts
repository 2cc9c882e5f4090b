import type { Socket } from 'node:net';
import { BentoError, toErrorMessage } from 'bentonest/errors';
import type { ErrorFrame, OutgoingFrame } from './frame.js';
import { packValues } from './values.js';
import { writeFrame } from './write-frame.js';

/** A list with objects in it is several results. */
export function resultFrame(id: number, result: unknown, runMs: number): OutgoingFrame {
  const many = Array.isArray(result) && result.some((item) => typeof item === 'object');
  const { layouts, tensors } = packValues(many ? (result as unknown[]) : [result]);
  return {
    type: 'result',
    id,
    head: { values: layouts, runMs, ...(many ? { many } : {}) },
    tensors,
  };
}

/** Answers with the error instead where the answer cannot be written: it is too large, say. */
export function sendAnswer(socket: Socket, id: number, answer: OutgoingFrame): void {
  try {
    writeFrame(socket, answer);
  } catch (error) {
    writeFrame(socket, errorFrame(id, error));
  }
}

/** An error that the Runnable did not raise on purpose crosses as text for the log only. */
export function errorFrame(id: number, error: unknown): ErrorFrame {
  if (error instanceof BentoError) return { type: 'error', id, head: toErrorMessage(error) };
  if (isHttpException(error)) {
    const { name, message } = error;
    const head = { name, code: 'HTTP_EXCEPTION', statusCode: error.getStatus(), message };
    return { type: 'error', id, head: { ...head, response: error.getResponse() } };
  }
  const log = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const head = { code: 'RUNNER_FAILED', statusCode: 500, message: 'The Runnable failed.', log };
  return { type: 'error', id, head };
}

interface HttpExceptionLike extends Error {
  getStatus(): number;
  getResponse(): string | object;
}

/** Told by its methods: the worker does not load Nest, a Runnable may. */
export function isHttpException(error: unknown): error is HttpExceptionLike {
  if (!(error instanceof Error)) return false;
  const { getStatus, getResponse } = error as Partial<HttpExceptionLike>;
  return typeof getStatus === 'function' && typeof getResponse === 'function';
}
