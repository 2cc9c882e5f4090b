import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { splitLines } from './split-lines.js';

const KB = 1024;

async function linesOf(...chunks: readonly (string | Buffer)[]): Promise<readonly string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  splitLines(stream, (line) => lines.push(line));
  for (const chunk of chunks) {
    stream.write(chunk);
    // Each as a chunk of its own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.end();
  await finished(stream);
  return lines;
}

it.each([
  ['several of one chunk', ['a\nb\n\nc\n'], ['a', 'b', '', 'c']],
  ['one of several chunks', ['a', 'b', 'c\nd\n'], ['abc', 'd']],
  ['the last, which has no end', ['a\nb'], ['a', 'b']],
  ['those of Windows, and of a progress bar', ['a\r\n1%\r2%\r', '\nb\r', 'c'], ['a', '1%', '2%', 'b', 'c']], // prettier-ignore
  ['nothing', [], []],
])('lines: %s', async (_, chunks, expected) => {
  expect(await linesOf(...chunks)).toEqual(expected);
});

it('a letter may come in two chunks', async () => {
  const text = Buffer.from('größe\n');
  expect(await linesOf(text.subarray(0, 3), text.subarray(3))).toEqual(['größe']);
});

it('a line that does not end comes in pieces as it goes, and nothing of it is lost', async () => {
  const stream = new PassThrough();
  const lines: string[] = [];
  splitLines(stream, (line) => lines.push(line));
  const pieces = ['a'.repeat(40 * KB), 'b'.repeat(40 * KB), 'c'.repeat(200 * KB)];
  for (const piece of pieces) stream.write(piece);
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines.map(({ length }) => length)).toEqual([64 * KB, 64 * KB, 64 * KB, 64 * KB]);
  stream.end(`${'d'.repeat(100 * KB)}\nend`);
  await finished(stream);
  expect(lines.at(-1)).toBe('end');
  expect(lines.join('')).toBe(`${pieces.join('')}${'d'.repeat(100 * KB)}end`);
});
