import 'reflect-metadata';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsNumber, IsString, ValidateNested } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { MAX_COST, headOf, longestList, makeHarmless } from './harmless-body.js';
import { validateDto } from './validate-dto.js';

class Point {
  @IsNumber() x: number;
}

class Shape {
  @ValidateNested({ each: true }) @Type(() => Point) points: Point[];
}

class Short {
  @ArrayMaxSize(1000) @IsString({ each: true }) names: string[];
}

const points = (count: number): { x: unknown }[] => Array.from({ length: count }, () => ({ x: 1 }));
const messageOf = async (dto: new () => object, body: object): Promise<string> => {
  try {
    await validateDto(dto, body, false);
  } catch (error) {
    return (error as Error).message;
  }
  return 'valid';
};

describe('a long body', () => {
  it('that keeps the rules is valid, however long', async () => {
    expect(await messageOf(Shape, { points: points(100_000) })).toBe('valid');
  });

  it('that breaks them is told by its first items', async () => {
    const scalars = await messageOf(Shape, { points: Array<number>(1_000_000).fill(1) });
    expect(scalars).toContain('nested property points must be either object or array');
    const wrong = Array.from({ length: 50_000 }, () => ({ x: 'a' }));
    expect(await messageOf(Shape, { points: wrong })).toContain('points[0].x must be a number');
    expect(await messageOf(Short, { names: Array<number>(300_000).fill(1) })).toContain(
      'each value in names must be a string',
    );
  });

  it('that breaks them further on is refused, and the client told how to learn where', async () => {
    const message = await messageOf(Shape, { points: [...points(50_000), { x: 'a' }] });
    expect(message).toContain('the first items of its lists keep them, the longest has 50001');
    expect(message).toContain('Send it in parts of at most 10000 objects');
    const names = Array<string>(300_000).fill('a');
    expect(await messageOf(Short, { names })).toContain('the longest has 300000');
  });

  it('is told whole while that takes no time', async () => {
    const message = await messageOf(Shape, { points: [...points(9000), { x: 'a' }] });
    expect(message).toContain('points[9000].x must be a number');
  });
});

it('what is long has a cost beyond the bound', () => {
  expect(makeHarmless({ points: points(9000) })).toBeLessThan(MAX_COST);
  expect(makeHarmless({ points: points(20_000) })).toBeGreaterThan(MAX_COST);
  expect(longestList({ a: [[1, 2, 3]], b: [1] })).toBe(3);
});

it('the head of a body has its first items, and no empty list where there was none', () => {
  const row = Array<number>(1000).fill(1);
  const { rows } = headOf({ rows: Array(1000).fill(row) }) as { rows: number[][] };
  expect(rows[0]).toHaveLength(500);
  expect(rows.flat().length).toBeLessThan(25_000);
  expect(rows.every((each) => each.length > 0)).toBe(true);
});

it('a name that the client made up does not come back at length', async () => {
  const refused = async (body: object): Promise<string> => {
    const error: unknown = await Promise.resolve()
      .then(() => validateDto(Shape, body, true))
      .catch((thrown: unknown) => thrown);
    const { message, details } = error as Error & { details: unknown };
    return message + JSON.stringify(details);
  };
  const long = await refused({ points: [], ['x'.repeat(1_000_000)]: 1 });
  expect(long).toContain('should not exist');
  expect(long.length).toBeLessThan(1000);
});
