import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineWriter } from './line-writer.js';

const folder = mkdtempSync(join(tmpdir(), 'lines-'));
const open = new Set<number>();
let files = 0;

beforeEach(() => void vi.useFakeTimers());

afterEach(() => {
  vi.useRealTimers();
  for (const fd of open) closeSync(fd);
  open.clear();
});

afterAll(() => rmSync(folder, { recursive: true }));

function openFile(path: string, flags: number): number {
  const fd = openSync(path, flags);
  open.add(fd);
  return fd;
}

const describeDropped = (count: number): string => `dropped ${count}\n`;

/** A real pipe that takes 64 KiB, as standard output may be one. */
function openPipe() {
  const path = join(folder, `pipe-${files++}`);
  execFileSync('mkfifo', [path]);
  const reader = openFile(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openFile(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const read = (): string => {
    let text = '';
    const buffer = Buffer.alloc(1 << 20);
    try {
      for (let n = -1; n !== 0;)
        text += buffer.toString('latin1', 0, (n = readSync(reader, buffer)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    return text;
  };
  const close = (): void => {
    closeSync(reader);
    open.delete(reader);
  };
  return { writer: new LineWriter({ fd, describeDropped }), read, close };
}

/** Reads, and lets time pass, until nothing more comes. */
function readAll({ read }: { readonly read: () => string }): string {
  let all = '';
  for (let quiet = 0; quiet < 3;) {
    const more = read();
    all += more;
    quiet = more === '' ? quiet + 1 : 0;
    vi.advanceTimersByTime(2000);
  }
  return all;
}

const line = (number: number): string => `line ${number} ${'x'.repeat(number % 200)}\n`;
const lines = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => line(from + at));

it('writes lines that can wait together, and before a line that cannot', () => {
  const path = join(folder, 'file');
  const writer = new LineWriter({
    fd: openFile(path, constants.O_CREAT | constants.O_WRONLY),
    describeDropped,
  });
  writer.writeSoon('a\n');
  writer.writeSoon('b\n');
  expect(readFileSync(path, 'utf8')).toBe('');
  writer.write('c\n');
  expect(readFileSync(path, 'utf8')).toBe('a\nb\nc\n');
  writer.writeSoon('d\n');
  vi.advanceTimersByTime(20);
  expect(readFileSync(path, 'utf8')).toBe('a\nb\nc\nd\n');
  writer.writeSoon('é\n');
  writer.end();
  expect(readFileSync(path, 'utf8')).toBe('a\nb\nc\nd\né\n');
  expect(vi.getTimerCount()).toBe(0);
});

it('writes no more at once than a pipe takes whole', () => {
  const path = join(folder, 'chunks');
  const writer = new LineWriter({
    fd: openFile(path, constants.O_CREAT | constants.O_WRONLY),
    describeDropped,
  });
  for (const each of lines(100)) writer.writeSoon(each);
  const written = readFileSync(path, 'utf8');
  expect(written.length).toBeGreaterThan(0);
  expect(written.endsWith('\n')).toBe(true);
  writer.end();
  expect(readFileSync(path, 'utf8')).toBe(lines(100).join(''));
});

describe.each(['write', 'writeSoon'] as const)('a pipe that is full (%s)', (method) => {
  it('gets all of it in order, once it is read, up to the bound', () => {
    const pipe = openPipe();
    const sent = lines(5000);
    for (const each of sent) pipe.writer[method](each);
    expect(pipe.writer.droppedLines).toBe(0);
    expect(readAll(pipe)).toBe(sent.join(''));
    pipe.writer.write('more\n');
    expect(pipe.read()).toBe('more\n');
  });

  it('gets whole lines only beyond the bound, and how many are missing', () => {
    const pipe = openPipe();
    const count = 40_000;
    for (const each of lines(count)) pipe.writer[method](each);
    pipe.writer.flushSoon();
    const { droppedLines } = pipe.writer;
    expect(droppedLines).toBeGreaterThan(10_000);
    const got = readAll(pipe).split(/(?<=\n)/);
    expect(got.pop()).toBe(`dropped ${droppedLines}\n`);
    expect(got).toEqual(lines(count - droppedLines));
    expect(pipe.writer.droppedLines).toBe(0);
  });
});

describe('what can never be written', () => {
  it.each([
    [
      'to a reader that has gone',
      () => {
        const pipe = openPipe();
        pipe.close();
        return pipe.writer;
      },
    ],
    [
      'to a disk that is full',
      () => new LineWriter({ fd: openFile('/dev/full', constants.O_WRONLY), describeDropped }),
    ],
    ['to a descriptor that is closed', () => new LineWriter({ fd: 987_654, describeDropped })],
  ])('is dropped beyond the bound, and nothing is raised (%s)', (_what, make) => {
    const writer = make();
    for (const each of lines(40_000)) writer.writeSoon(each);
    vi.advanceTimersByTime(10_000);
    expect(writer.droppedLines).toBeGreaterThan(10_000);
    // Tried again once a second, whatever comes.
    expect(vi.getTimerCount()).toBeLessThanOrEqual(2);
    vi.useRealTimers();
    writer.end();
  });
});

it('ends though nobody reads', () => {
  const pipe = openPipe();
  const sent = lines(5000);
  for (const each of sent) pipe.writer.write(each);
  vi.useRealTimers();
  pipe.writer.end();
  const got = pipe.read();
  expect(sent.join('').startsWith(got)).toBe(true);
  expect(got.length).toBeGreaterThan(60_000);
});
