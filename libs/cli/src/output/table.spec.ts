import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, formatBytes, formatPairs, formatTable, formatTime } from './table.js';

describe('a table', () => {
  it('has columns as wide as their widest cell, numbers to the right', () => {
    const rows = [
      ['iris_clf:v1', '9 B'],
      ['a', '1.50 KiB'],
    ];
    expect(formatTable(['Tag', 'Size'], rows, [1])).toBe(
      ['Tag              Size', 'iris_clf:v1       9 B', 'a            1.50 KiB', ''].join('\n'),
    );
  });

  it('is its heading without rows', () => {
    expect(formatTable(['Tag', 'Size'], [])).toBe('Tag  Size\n');
  });

  it('stands in line whatever the cells hold, and moves no cursor', () => {
    const cell = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constant('\u001b[31m\n'),
    );
    const row = fc.tuple(cell, cell);
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        const marked = rows.map(([first]) => [first, '|']);
        const lines = formatTable(['a', '|'], marked).split('\n').slice(0, -1);
        expect(lines).toHaveLength(rows.length + 1);
        const columns = lines.map((line) => displayWidth(line.slice(0, line.lastIndexOf('|'))));
        expect(new Set(columns).size).toBe(1);
        expect(lines.join('')).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

it('pairs stand under one another', () => {
  expect(
    formatPairs([
      ['Tag', 'a:b'],
      ['Module', 'bentoml.onnx'],
    ]),
  ).toBe('Tag     a:b\nModule  bentoml.onnx\n');
});

it.each([
  ['iris', 4],
  ['模型', 4],
  ['e\u0301', 1],
  ['🌷', 2],
])('%s takes %i columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '0.977 KiB'],
  [1536, '1.50 KiB'],
  [1_048_575, '1.00 MiB'],
  [1024 ** 3, '1.00 GiB'],
  [5000 * 1024 ** 4, '5.00e+3 TiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it('a time is the reader’s own, to the second', () => {
  expect(formatTime(new Date(2026, 10, 3, 4, 5, 6))).toBe('2026-11-03 04:05:06');
});
