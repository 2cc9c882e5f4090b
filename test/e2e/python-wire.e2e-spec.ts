import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonRunner } from 'bentonest/python';
import { RunnerHost } from 'bentonest/runner';
import { DTYPES, NdArray, viewOf } from 'bentonest/tensor';
import type { DType } from 'bentonest/tensor';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findPython } from './python-environment.js';
import { until } from './served-app.js';
import { FrameReader, encodeFrame, machineNow } from './wire-internals.js';
import type { Frame, InitMessage, MessageFromWorker, OutgoingFrame } from './wire-internals.js';

const PACKAGE = fileURLToPath(new URL('../../libs/python/python', import.meta.url));
const fixture = (name: string): URL =>
  new URL(`../fixtures/python-runnables/${name}`, import.meta.url);

const python = (await findPython()) ?? '';

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

/** Arrays of every dtype with arbitrary bits. */
const arrays: fc.Arbitrary<NdArray> = fc
  .tuple(fc.constantFrom(...DTYPES), shapes)
  .chain(([dtype, shape]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return dataOf(dtype, length).map((data) => new NdArray(dtype, data, shape));
  });

function dataOf(dtype: DType, length: number): fc.Arbitrary<NdArray['data']> {
  const size = { minLength: length, maxLength: length };
  if (dtype === 'string') return fc.array(fc.string({ unit: 'grapheme' }), size);
  if (dtype === 'bool') return fc.uint8Array({ ...size, max: 1 });
  const bytes = { minLength: length * 8, maxLength: length * 8 };
  return fc.uint8Array(bytes).map(({ buffer }) => viewOf(dtype, buffer, 0, length));
}

/** NaNs are equal to expect whatever their bits; here each bit counts. */
function bitsOf({ dtype, shape, data }: NdArray): unknown {
  const bits = Array.isArray(data)
    ? data
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
  return { dtype, shape, bits };
}

async function outputOf(script: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(python, [fileURLToPath(fixture(script)), ...args], {
    env: { ...process.env, PYTHONPATH: PACKAGE },
  });
  return stdout;
}

it.skipIf(python === '')(
  'event loops of other threads may come while closed ones are let go',
  async () => {
    expect(await outputOf('loops_meanwhile.py')).toBe('2\n');
  },
);

describe.skipIf(python === '')('frames in Python', () => {
  it('bring arrays of every dtype and shape there and back, bit by bit', async () => {
    const definition = { module: fixture('echo.py'), class: 'Echo', python };
    const host = new RunnerHost(pythonRunner('echo', definition));
    onTestFinished(() => host.stop());
    const { runner } = host;
    const property = fc.asyncProperty(fc.array(arrays, { minLength: 1 }), async (sent) => {
      const answer = (await runner.echo.run(...sent)) as NdArray | readonly NdArray[];
      expect([answer].flat().map((each) => bitsOf(each))).toEqual(sent.map((each) => bitsOf(each)));
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('that are none are refused as such, whatever bytes come', async () => {
    const stdout = await outputOf('hostile_frames.py', '7', '5000');
    const [frames = 0, refused = 0, cut = 0] = stdout.split(' ').map(Number);
    expect(frames + refused + cut).toBe(5000);
    expect(Math.min(frames, refused, cut)).toBeGreaterThan(0);
  });
});

interface Served {
  readonly child: ChildProcess;
  readonly socketPath: string;
  log(): string;
}

/** A worker as the pool starts it, without the pool. */
async function serve(): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'bentonest-'));
  const child = spawn(python, ['-m', 'bentonest.worker', 'echo'], {
    env: { ...process.env, PYTHONPATH: PACKAGE, OMP_NUM_THREADS: '1' },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  const socketPath = join(folder, '1.sock');
  child.send({
    type: 'init',
    runner: 'echo',
    moduleUrl: fixture('echo.py').href,
    className: 'Echo',
    options: null,
    socketPath,
    warmup: 0,
  } satisfies InitMessage);
  const [message] = (await once(child, 'message')) as [MessageFromWorker];
  expect(message).toEqual({ type: 'ready' });
  return { child, socketPath, log: () => log };
}

class Client {
  readonly frames: Frame[] = [];
  isClosed = false;

  constructor(
    readonly socket: Socket,
    onFrame: (frame: Frame) => void = () => undefined,
  ) {
    const reader = new FrameReader((frame) => {
      this.frames.push(frame);
      onFrame(frame);
    });
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    // A reset says no more than the close that follows it.
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
    onTestFinished(() => void socket.destroy());
  }

  send(frame: OutgoingFrame): void {
    for (const piece of encodeFrame(frame)) this.socket.write(piece);
  }

  call(id: number, method: string, argument: unknown, deadline = 0): void {
    const head = { method, args: [['json', argument] as const] };
    this.send({ type: 'call', id, deadline, head, tensors: [] });
  }

  async untilFrames(count: number): Promise<readonly Frame[]> {
    await until(() => this.frames.length >= count, 5_000);
    return this.frames;
  }
}

describe.skipIf(python === '')('a worker in Python', () => {
  it('tells its methods, and ignores signals, which are for the API process', async () => {
    const { child, socketPath } = await serve();
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const) child.kill(signal);
    const client = new Client(connect(socketPath));
    const [hello] = await client.untilFrames(1);
    expect(hello).toMatchObject({
      type: 'hello',
      head: { pid: child.pid, metadata: { factor: 1 } },
    });
    expect((hello as { head: { methods: unknown } }).head.methods).toContainEqual({
      name: 'transposed',
      batchable: true,
      batchDim: [1, 1],
      idempotent: false,
    });
    // None of them ends it later, either.
    client.call(1, 'sleep', 1.5);
    expect((await client.untilFrames(2))[1]).toMatchObject({ type: 'result', id: 1 });
  });

  it('answers several connections in turn, and drops what was cancelled or came too late', async () => {
    const { socketPath } = await serve();
    const order: number[] = [];
    const note = (frame: Frame): void => void ('id' in frame && order.push(frame.id));
    const busy = new Client(connect(socketPath), note);
    const other = new Client(connect(socketPath), note);
    await Promise.all([busy.untilFrames(1), other.untilFrames(1)]);
    for (const id of [1, 2, 3, 4]) busy.call(id, 'sleep', 0.3);
    busy.call(5, 'echo', 'late', machineNow() - 1);
    busy.send({ type: 'cancel', id: 3 });
    // It is aborted, so all of them have come: now the other connection's call is the newest.
    await busy.untilFrames(2);
    other.call(11, 'echo', 'other');
    await Promise.all([busy.untilFrames(6), other.untilFrames(2)]);
    expect(busy.frames).toContainEqual(
      expect.objectContaining({ id: 3, head: expect.objectContaining({ code: 'CALL_ABORTED' }) }),
    );
    expect(busy.frames).toContainEqual(
      expect.objectContaining({ id: 5, head: expect.objectContaining({ code: 'RUNNER_TIMEOUT' }) }),
    );
    // Cancelled at once; then one of the busy connection's, and the other's before its rest.
    expect(order[0]).toBe(3);
    expect(order.indexOf(11)).toBeLessThan(order.indexOf(4));
  });

  it('tells a batch which requests it is for, and ignores what it does not know in a head', async () => {
    const { socketPath } = await serve();
    const client = new Client(connect(socketPath));
    const head = { method: 'whose', args: [], origins: [['a', 'b'], ['c']] as const, later: 1 };
    client.send({ type: 'call', id: 1, deadline: 0, head, tensors: [] });
    client.call(2, 'echo', 'next');
    client.send({
      type: 'call',
      id: 3,
      deadline: 0,
      head: { method: 'whose', args: [] },
      tensors: [],
    });
    const [, first, , third] = await client.untilFrames(4);
    expect(first).toMatchObject({
      head: {
        values: [
          [
            'json',
            [
              ['a', 'b'],
              ['c', null],
            ],
          ],
        ],
      },
    });
    expect(third).toMatchObject({ head: { values: [['json', []]] } });
  });

  it('fails only the call whose JSON it cannot read, and serves on', async () => {
    const { socketPath } = await serve();
    const client = new Client(connect(socketPath));
    const text = `{"method":"echo","args":[["json",${'['.repeat(20_000)}${']'.repeat(20_000)}]]}`;
    client.socket.write(rawCall(1, text));
    client.call(2, 'echo', 'next');
    const [, first, second] = await client.untilFrames(3);
    expect(first).toMatchObject({ type: 'error', id: 1, head: { code: 'UNSUPPORTED_VALUE' } });
    expect(second).toMatchObject({ type: 'result', id: 2, head: { values: [['json', 'next']] } });
  });

  it('says what it got in place of a frame of its version, and closes that connection', async () => {
    const { socketPath, log } = await serve();
    const client = new Client(connect(socketPath));
    await client.untilFrames(1);
    const header = Buffer.alloc(24);
    header.writeUInt32LE(24, 0);
    header.writeUInt8(9, 4);
    client.socket.write(header);
    await until(() => client.isClosed, 5_000);
    expect(log()).toBe(
      'Runner "echo": Expected a frame of the runner protocol, got wire version 9, not 1. Do both processes run the same bentonest?\n',
    );
    expect(await new Client(connect(socketPath)).untilFrames(1)).toHaveLength(1);
  });

  it('removes its socket when it is told to stop, and the folder when it is abandoned', async () => {
    const { child, socketPath } = await serve();
    child.send({ type: 'stop' });
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(existsSync(socketPath)).toBe(false);
    const abandoned = await serve();
    abandoned.child.disconnect();
    expect(await once(abandoned.child, 'exit')).toEqual([0, null]);
    expect(existsSync(join(abandoned.socketPath, '..'))).toBe(false);
  });
});

/** A call with the text as its head: JSON.stringify itself does not nest so deep. */
function rawCall(id: number, head: string): Buffer {
  const length = 24 + Math.ceil(head.length / 8) * 8;
  const frame = Buffer.alloc(length);
  frame.writeUInt32LE(length, 0);
  frame.writeUInt8(1, 4);
  frame.writeUInt8(1, 5);
  frame.writeUInt32LE(id, 8);
  frame.writeUInt32LE(head.length, 12);
  frame.write(head, 24);
  return frame;
}
