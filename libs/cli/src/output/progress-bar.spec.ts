import { describe, expect, it } from 'vitest';
import { ProgressBar, progressLine } from './progress-bar.js';
import type { ProgressStream } from './progress-bar.js';

class Screen implements ProgressStream {
  readonly written: string[] = [];

  constructor(
    readonly isTTY = true,
    readonly columns = 120,
  ) {}

  write(text: string): void {
    this.written.push(text);
  }
}

function barOn(screen: Screen): { bar: ProgressBar; at: (ms: number) => void } {
  let now = 0;
  const bar = new ProgressBar('Importing', screen, () => now);
  return { bar, at: (ms) => (now = ms) };
}

const MIB = 1024 ** 2;

describe('the line', () => {
  it('says how much is done, of how much, and how fast', () => {
    const line = progressLine('Importing', { done: 5 * MIB, total: 10 * MIB, elapsedMs: 2000 });
    expect(line).toBe('Importing  ████████████░░░░░░░░░░░░  50%  5.00 MiB of 10.0 MiB  2.50 MiB/s');
  });

  it('has no bar where the whole is not known, and none beyond the whole', () => {
    expect(progressLine('Pulling', { done: MIB, elapsedMs: 1000 })).toBe(
      'Pulling  1.00 MiB  1.00 MiB/s',
    );
    expect(progressLine('Pulling', { done: 3, total: 2, elapsedMs: 0 })).toContain('█ 100%');
  });
});

describe('the bar', () => {
  it('shows after a second, ten times a second, and is taken away', () => {
    const screen = new Screen();
    const { bar, at } = barOn(screen);
    for (const ms of [0, 999, 1000, 1050, 1100]) {
      at(ms);
      bar.update(ms, 2000);
    }
    expect(screen.written.map((text) => /\d+%/.exec(text)?.[0])).toEqual(['50%', '55%']);
    bar.end();
    bar.end();
    expect(screen.written.slice(2)).toEqual(['\r\u001b[K']);
  });

  it('shows nothing of what is quick, and nothing where there is no terminal', () => {
    const quick = new Screen();
    barOn(quick).bar.end();
    const pipe = new Screen(false);
    const { bar, at } = barOn(pipe);
    at(5000);
    bar.update(1, 2);
    bar.end();
    expect([...quick.written, ...pipe.written]).toEqual([]);
  });

  it.each([
    [20, 19],
    [0, 79],
  ])('never wraps on a terminal of %i columns', (columns, width) => {
    const screen = new Screen(true, columns);
    const { bar, at } = barOn(screen);
    at(2000);
    bar.update(4096 * MIB, 8192 * MIB);
    const line = screen.written[0]?.replace('\r\u001b[K', '') ?? '';
    expect(line.length).toBeLessThanOrEqual(width);
    expect(line.startsWith('Importing  ███')).toBe(true);
  });
});
