import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotFoundException } from '@nestjs/common';
import { BentoError } from 'bentonest/errors';
import { expect, it, onTestFinished } from 'vitest';
import { currentCalls } from '../runnable/current-calls.js';
import { RunnableMethod } from '../runnable/runnable-method.decorator.js';
import { FrameReader } from '../wire/frame-reader.js';
import type { Frame, OutgoingFrame } from '../wire/frame.js';
import { machineNow } from '../wire/machine-clock.js';
import { writeFrame } from '../wire/write-frame.js';
import { loadRunnable } from './load-runnable.js';
import { WorkerServer } from './worker-server.js';

class TooLoudError extends BentoError {
  static override readonly code = 'TOO_LOUD';
  static override readonly statusCode = 422;
}

class Recorder {
  static readonly order: string[] = [];

  @RunnableMethod()
  async note(text: string): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    Recorder.order.push(text);
    return text;
  }

  @RunnableMethod()
  async whose(): Promise<unknown> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return { requests: currentCalls() };
  }

  @RunnableMethod()
  fail(kind: string): never {
    if (kind === 'bento') throw new TooLoudError('Expected less.', { retryAfterMs: 9 });
    if (kind === 'http') throw new NotFoundException('no such bell');
    throw new TypeError('secret');
  }
}

interface Client {
  readonly frames: Frame[];
  readonly send: (frame: OutgoingFrame) => void;
  readonly received: (count: number) => Promise<readonly Frame[]>;
}

async function startServer(): Promise<string> {
  Recorder.order.length = 0;
  const folder = await mkdtemp(join(tmpdir(), 'worker-server-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const source = { moduleUrl: '', className: '', options: undefined, runnable: Recorder };
  const path = join(folder, 'x.sock');
  await new WorkerServer('recorder', await loadRunnable(source)).listen(path);
  return path;
}

async function open(path: string): Promise<Client> {
  const socket: Socket = connect(path);
  onTestFinished(() => void socket.destroy());
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  socket.on('data', (chunk: Buffer) => reader.push(chunk));
  const received = async (count: number): Promise<readonly Frame[]> => {
    while (frames.length < count) await new Promise((resolve) => setTimeout(resolve, 2));
    return frames;
  };
  await received(1);
  return { frames, received, send: (frame) => writeFrame(socket, frame) };
}

const call = (id: number, method: string, argument: string, deadline = 0): OutgoingFrame => ({
  type: 'call',
  id,
  deadline,
  head: { method, args: [['json', argument]] },
  tensors: [],
});

it('says first who it is and what it can', async () => {
  const { frames } = await open(await startServer());
  expect(frames[0]).toMatchObject({
    type: 'hello',
    head: { pid: process.pid, methods: [{ name: 'note' }, { name: 'whose' }, { name: 'fail' }] },
  });
});

it('serves its connections in turn, each in order', async () => {
  const path = await startServer();
  const [greedy, modest] = [await open(path), await open(path)];
  for (let i = 0; i < 5; i++) greedy.send(call(i, 'note', `greedy ${i}`));
  modest.send(call(1, 'note', 'modest 1'));
  modest.send(call(2, 'note', 'modest 2'));
  await Promise.all([greedy.received(6), modest.received(3)]);
  expect(Recorder.order.filter((text) => text.startsWith('greedy'))).toEqual(
    [0, 1, 2, 3, 4].map((i) => `greedy ${i}`),
  );
  expect(Recorder.order.indexOf('modest 1')).toBeLessThan(3);
  expect(Recorder.order.indexOf('modest 2')).toBeLessThan(5);
});

it('answers a call that was cancelled before its turn, and does not run it', async () => {
  const client = await open(await startServer());
  client.send(call(1, 'note', 'first'));
  client.send(call(2, 'note', 'second'));
  client.send({ type: 'cancel', id: 2 });
  const frames = await client.received(3);
  expect(frames.find((frame) => frame.type === 'error')).toMatchObject({
    id: 2,
    head: { code: 'CALL_ABORTED' },
  });
  expect(Recorder.order).toEqual(['first']);
});

it('does not run what is past its deadline', async () => {
  const client = await open(await startServer());
  client.send(call(1, 'note', 'late', machineNow() - 1));
  expect((await client.received(2))[1]).toMatchObject({ head: { code: 'RUNNER_TIMEOUT' } });
  expect(Recorder.order).toEqual([]);
});

it('sends errors as what they are, and unplanned ones for the log only', async () => {
  const client = await open(await startServer());
  for (const [id, kind] of ['bento', 'http', 'other'].entries())
    client.send(call(id, 'fail', kind));
  client.send(call(7, 'gone', ''));
  const heads = (await client.received(5)).slice(1).map((frame) => 'head' in frame && frame.head);
  expect(heads).toEqual([
    {
      name: 'TooLoudError',
      code: 'TOO_LOUD',
      statusCode: 422,
      message: 'Expected less.',
      retryAfterMs: 9,
    },
    {
      name: 'NotFoundException',
      code: 'HTTP_EXCEPTION',
      statusCode: 404,
      message: 'no such bell',
      response: expect.objectContaining({ message: 'no such bell', statusCode: 404 }) as unknown,
    },
    {
      code: 'RUNNER_FAILED',
      statusCode: 500,
      message: 'The Runnable failed.',
      log: expect.stringContaining('TypeError: secret') as unknown,
    },
    expect.objectContaining({ code: 'UNKNOWN_RUNNER_METHOD' }),
  ]);
});

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

it('tells a batch which requests it is for, and the next one nothing of them', async () => {
  const client = await open(await startServer());
  const head = { method: 'whose', args: [], origins: [['a-1', TRACEPARENT], ['a-2']] as const };
  client.send({ type: 'call', id: 1, deadline: 0, head, tensors: [] });
  client.send(call(2, 'whose', ''));
  const frames = (await client.received(3)).slice(1);
  expect(
    frames.map((frame) => 'head' in frame && 'values' in frame.head && frame.head.values),
  ).toEqual([
    [
      [
        'json',
        { requests: [{ requestId: 'a-1', traceparent: TRACEPARENT }, { requestId: 'a-2' }] },
      ],
    ],
    [['json', { requests: [] }]],
  ]);
  expect(currentCalls()).toEqual([]);
});
