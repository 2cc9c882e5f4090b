import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsInt, IsNumber, IsOptional, IsString, ValidateNested } from 'class-validator';
import { DataFrame, NdArray } from 'bentonest/tensor';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
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

  it('tells the first hundred errors of many', async () => {
    const leaves = Array.from({ length: 1000 }, () => '{"length":"x"}').join();
    const error = (await decode(`{"name":"Iris","leaves":[${leaves}]}`).catch(
      (reason: unknown) => reason,
    )) as { message: string; details: { errors: unknown[] } };
    expect(error.details.errors).toHaveLength(100);
    expect(error.message).toMatch(/^leaves\[0\]\.length .*; and 900 more\.$/);
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

  it('is an error at start for a class without rules', () => {
    class Bare {
      x: number;
    }
    expect(() => json(Bare)).toThrow('json(Bare) would refuse every body');
  });

  it('answers at once where the compiled check passes', () => {
    const input = { contentType: 'application/json', headers: {} };
    const body = Buffer.from('{"name":"Iris","leaves":[]}');
    expect(json(Plant).decode({ ...input, body })).toBeInstanceOf(Plant);
  });

  it.each([
    '{"name":"Iris","leaves":[],"x":{"constructor":1}}',
    '{"name":"I","leaves":[],"constructor":1}',
  ])('is not brought down by keys of the prototype: %s', async (body) => {
    expect(await decode(body)).toBeInstanceOf(Plant);
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
    const cycle: { self?: object } = {};
    cycle.self = cycle;
    expect(() => json().encode(cycle, 'application/json')).toThrow('got an object');
  });

  it.each([
    [{ scores: NdArray.from([[0.5], [2]]) }, '{"scores":[[0.5],[2]]}'],
    [NdArray.from([0.1, 0.2], { dtype: 'float32' }), '[0.1,0.2]'],
    [{ rows: DataFrame.from([{ a: 1, b: 'x' }]) }, '{"rows":[{"a":1,"b":"x"}]}'],
    [{ id: 12345678901234567890n, ids: [1n, -2n] }, '{"id":12345678901234567890,"ids":[1,-2]}'],
    [NdArray.from([2n ** 60n, 1n]), '[1152921504606846976,1]'],
    [Float32Array.of(0.1, Number.NaN), '[0.1,null]'],
    [{ deep: [{ bytes: Uint8Array.of(1, 2) }] }, '{"deep":[{"bytes":[1,2]}]}'],
    [{ none: new Float64Array(0), empty: {} }, '{"none":[],"empty":{}}'],
    [{ wide: BigInt64Array.of(2n ** 62n) }, '{"wide":[4611686018427387904]}'],
    [{ 0: 'not a typed array', text: '{"0":' }, '{"0":"not a typed array","text":"{\\"0\\":"}'],
    [{ nan: Number.NaN, inf: Infinity }, '{"nan":null,"inf":null}'],
  ])('writes %o', (value, text) => {
    expect(json().encode(value, 'application/json').valueOf()).toMatchObject({ body: text });
  });

  it('writes once what holds no typed array, empty objects or not', () => {
    const stringify = vi.spyOn(JSON, 'stringify');
    onTestFinished(() => stringify.mockRestore());
    const values = [{ none: {}, scores: NdArray.from([1]) }, { 0: {} }, [[{}, { a: null }]]];
    for (const value of values) void json().encode(value, 'application/json');
    const writes = stringify.mock.calls.filter(([value]) => values.includes(value as never));
    expect(writes).toHaveLength(values.length);
  });

  it.each([
    [{ at: { toJSON: () => new Float32Array(1) } }, '{"at":[0]}'],
    [[{}, [new Uint8Array(0)]], '[{},[[]]]'],
  ])('finds a typed array wherever it is', (value, text) => {
    expect(json().encode(value, 'application/json')).toMatchObject({ body: text });
  });

  it('takes no text of a client for an integer', () => {
    const value = { text: '"bentonest:integer:00000000-0000-4000-8000-000000000000:1"', big: 1n };
    const { body } = json().encode(value, 'application/json') as { body: string };
    expect(JSON.parse(body)).toEqual({ text: value.text, big: 1 });
  });
});
