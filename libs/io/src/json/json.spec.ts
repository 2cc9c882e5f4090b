import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsInt, IsNumber, IsOptional, IsString, ValidateNested } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { json } from './json.js';

class Leaf {
  @IsNumber() length: number;
}

class Plant {
  @IsString() name: string;
  @IsOptional() @IsInt() age?: number;
  @ValidateNested({ each: true }) @Type(() => Leaf) leaves: Leaf[];
}

const decode = (body: string, descriptor = json(Plant)): Promise<unknown> =>
  Promise.resolve(
    (async () =>
      descriptor.decode({
        contentType: 'application/json',
        headers: {},
        body: Buffer.from(body),
      }))(),
  );

describe('json(Dto)', () => {
  it('makes instances, nested ones too, and drops unknown fields', async () => {
    const plant = await decode('{"name":"Iris","leaves":[{"length":1,"colour":"green"}],"x":1}');
    expect(plant).toBeInstanceOf(Plant);
    expect((plant as Plant).leaves[0]).toBeInstanceOf(Leaf);
    expect(plant).toEqual({ name: 'Iris', leaves: [{ length: 1 }] });
  });

  it('refuses unknown fields where the service asks for it', async () => {
    const strict = json(Plant, { forbidUnknown: true });
    await expect(decode('{"name":"Iris","leaves":[],"x":1}', strict)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      message: 'x: property x should not exist, got the number 1.',
    });
  });

  it('names each field, what was expected and what came', async () => {
    const body = '{"age":"old","leaves":[{"length":1},{"length":"long"}]}';
    await expect(decode(body)).rejects.toMatchObject({
      statusCode: 400,
      message:
        'name must be a string, got nothing; age must be an integer number, got the string "old"; leaves[1].length must be a number conforming to the specified constraints, got the string "long".',
      details: {
        errors: [
          { field: 'name', got: 'nothing' },
          { field: 'age', got: 'the string "old"' },
          { field: 'leaves[1].length' },
        ],
      },
    });
  });

  it.each([
    ['[1]', 'Expected a JSON object, got a list of 1'],
    ['null', 'Expected a JSON object, got null'],
    ['"text"', 'Expected a JSON object, got the string "text"'],
    ['', 'got an empty one'],
    ['{"a":', 'malformed'],
    ['{"a" 1}', 'malformed at character 5'],
    ['{"__proto__":{"x":1}}', 'forbidden prototype property'],
    ['{"constructor":{"prototype":{"x":1}}}', 'forbidden prototype property'],
    ['['.repeat(101), 'nested at most 100 deep, got deeper at byte 100'],
  ])('refuses %s', async (body, message) => {
    await expect(decode(body)).rejects.toThrow(message);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it('does not count brackets in strings', async () => {
    const text = `"${'['.repeat(200)}\\"${'['.repeat(200)}"`;
    expect(await decode(text, json() as never)).toHaveLength(401);
  });
});

describe('encode', () => {
  it('writes JSON, and refuses what JSON cannot hold', () => {
    expect(json().encode({ a: [1, null] }, 'application/json')).toEqual({
      contentType: 'application/json',
      body: '{"a":[1,null]}',
    });
    expect(() => json().encode(undefined, 'application/json')).toThrow('got nothing');
    expect(() => json().encode({ big: 1n }, 'application/json')).toThrow('got an object');
  });
});
