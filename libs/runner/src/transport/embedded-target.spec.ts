import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpException, NotFoundException } from '@nestjs/common';
import { BentoError } from 'bentonest/errors';
import { DataFrame, NdArray } from 'bentonest/tensor';
import { expect, it, onTestFinished } from 'vitest';
import type { Batch } from '../dispatch/batch.js';
import type { BatchTarget } from '../dispatch/target-slots.js';
import { RunnableMethod } from '../runnable/runnable-method.decorator.js';
import { TensorChunks } from '../wire/tensor-chunks.js';
import { loadRunnable } from '../worker/load-runnable.js';
import { WorkerServer } from '../worker/worker-server.js';
import { EmbeddedTarget } from './embedded-target.js';
import { WorkerLink } from './worker-link.js';

class FullError extends BentoError {
  static override readonly code = 'FULL';
  static override readonly statusCode = 409;
}

const ANSWERS: Readonly<Record<string, () => unknown>> = {
  date: () => ({ at: new Date(0) }),
  'an undefined property': () => ({ gone: undefined, here: 1 }),
  'nothing at all': () => undefined,
  'what is not a number': () => [NaN, Infinity],
  'a class of the user’s': () =>
    new (class Point {
      readonly x = 1;
    })(),
  'a map': () => new Map([['a', 1]]),
  'several, one of them a tensor': () => [NdArray.from([1]), { at: new Date(0) }, 2],
  'a list of null': () => [null, undefined],
  'a list of numbers': () => [1, 2],
  'a record of tensors': () => ({ a: NdArray.from([1]), b: NdArray.from(['x']) }),
  'a DataFrame': () => DataFrame.from({ n: [1, 2], name: ['a', 'b'] }),
  'a bigint': () => 1n,
  'a bigint within': () => ({ id: 1n }),
  'a function': () => () => 1,
  'a tensor within': () => ({ a: NdArray.from([1]), b: 1 }),
  'an error of the user’s': () =>
    raise(new FullError('No room.', { details: { left: 0 }, retryAfterMs: 5 })),
  'an exception of Nest’s': () => raise(new NotFoundException({ message: 'none', hint: 'look' })),
  'an HttpException': () => raise(new HttpException('short and stout', 418)),
  'an error of no plan': () => raise(new TypeError('secret')),
  'what is no error': () => raise('secret'),
};

function raise(error: unknown): never {
  throw error;
}

class Answering {
  @RunnableMethod()
  answer(what: string): unknown {
    return ANSWERS[what]();
  }

  @RunnableMethod()
  describe(value: unknown): string {
    const { dtype, shape } = value as NdArray;
    return value instanceof NdArray
      ? `${dtype} [${shape.join()}] ${String(value.toNested())}`
      : `${Object.prototype.toString.call(value)} ${JSON.stringify(value)}`;
  }

  @RunnableMethod()
  missing(): void {}
}

/** The same Runnable, embedded and behind the socket of a worker. */
async function createTargets(): Promise<readonly [BatchTarget, BatchTarget]> {
  const source = { moduleUrl: '', className: '', options: undefined, runnable: Answering };
  const loaded = await loadRunnable(source);
  const folder = await mkdtemp(join(tmpdir(), 'embedded-target-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'x.sock');
  await new WorkerServer('r', loaded).listen(path);
  const link = await WorkerLink.open('r', path, { onLost: () => {}, onHang: () => {} });
  onTestFinished(() => link.close());
  return [new EmbeddedTarget('r', loaded), link];
}

function batchOf(method: string, ...args: readonly unknown[]): Batch {
  const description = { name: method, batchable: false, batchDim: [0, 0] as const };
  return { method: description, calls: [], rows: 1, args, deadline: Infinity };
}

/** What a caller sees of an outcome. */
async function outcomeOf(target: BatchTarget, batch: Batch): Promise<unknown> {
  try {
    return { result: await target.run(batch) };
  } catch (error) {
    return { error: describeError(error as Error) };
  }
}

function describeError(error: Error): unknown {
  const { name, message } = error;
  if (error instanceof HttpException) {
    return { name, message, status: error.getStatus(), response: error.getResponse() };
  }
  const { code, statusCode, details, retryAfterMs } = error as BentoError;
  const isFull = error instanceof FullError;
  return { name, message, code, statusCode, details, retryAfterMs, isFull };
}

it.each(Object.keys(ANSWERS))('answers as a worker does: %s', async (what) => {
  const [embedded, link] = await createTargets();
  const outcome = await outcomeOf(embedded, batchOf('answer', what));
  expect(outcome).toStrictEqual(await outcomeOf(link, batchOf('answer', what)));
  expect(JSON.stringify(outcome)).not.toContain('secret');
});

it.each([
  ['a date', new Date(0)],
  ['an undefined property', { gone: undefined }],
  ['nothing', undefined],
  ['a bigint', 1n],
  ['a tensor', NdArray.from([[1, 2]])],
  ['a tensor in pieces', new TensorChunks('int32', [3], [Int32Array.of(1), Int32Array.of(2, 3)])],
  ['no rows', new TensorChunks('string', [0], [[], []])],
])('takes what a worker takes: %s', async (_name, argument) => {
  const [embedded, link] = await createTargets();
  const outcome = await outcomeOf(embedded, batchOf('describe', argument));
  expect(outcome).toStrictEqual(await outcomeOf(link, batchOf('describe', argument)));
});

it('knows the decorated methods only', async () => {
  const [embedded, link] = await createTargets();
  const outcome = await outcomeOf(embedded, batchOf('constructor'));
  expect(outcome).toStrictEqual(await outcomeOf(link, batchOf('constructor')));
  expect(outcome).toMatchObject({ error: { code: 'UNKNOWN_RUNNER_METHOD' } });
});
