import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_JSON_DEPTH, checkJsonText } from './check-json-text.js';
import { parseJsonBody } from './parse-json.js';

const parse = (text: string): unknown => parseJsonBody(Buffer.from(text));

describe('numbers that no double holds', () => {
  it.each([
    ['1e999', 'within ±1.7976931348623157e308, got one beyond. JSON has'],
    ['[0,-1e400]', '308 at [1], got'],
    ['{"a":{"b":[1,2,1E+309]}}', '308 at a.b[2], got'],
    ['[1e0000309]', 'at [0], got'],
    [`[1,${'9'.repeat(400)}]`, 'at [1], got'],
    [`[1,${'9'.repeat(309)}]`, 'at [1], got'],
    [`[${'9'.repeat(260)}.5e60]`, 'at [0], got'],
  ])('are refused: %.40s', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it.each(['1e308', '-1.7976931348623157e308', '9'.repeat(308), '1e-999', '"1e999"'])(
    'and no others: %.40s',
    (text) => {
      expect(parse(`{"value":[${text}]}`)).toEqual({ value: [JSON.parse(text)] });
    },
  );

  it('are found wherever they stand', () => {
    const number = fc
      .tuple(fc.integer({ min: 1, max: 420 }), fc.integer({ min: -120, max: 420 }))
      .map(([digits, power]) => `${'7'.repeat(digits)}${power === 0 ? '' : `e${power}`}`);
    const property = fc.property(fc.nat({ max: 500 }), number, (spaces, text) => {
      const body = `[${' '.repeat(spaces)}${text}]`;
      const [value] = JSON.parse(body) as number[];
      expect(isTaken(() => parse(body))).toBe(Number.isFinite(value));
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

function isTaken(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** What the scan must find, in the plainest way. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

it('nesting is that of the value, whatever its strings hold', () => {
  const property = fc.property(
    fc.jsonValue({ maxDepth: 5 }),
    fc.nat({ max: 110 }),
    (value, more) => {
      const text = JSON.stringify([value, '\\"[{']);
      const bytes = Buffer.from('['.repeat(more) + text + ']'.repeat(more));
      const depth = 1 + more + depthOf(value);
      expect(isTaken(() => checkJsonText(bytes))).toBe(depth <= MAX_JSON_DEPTH);
    },
  );
  fc.assert(property);
});
