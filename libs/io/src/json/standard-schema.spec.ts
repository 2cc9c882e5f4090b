import * as v from 'valibot';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { z } from 'zod';
import type { BentoError } from 'bentonest/errors';
import type { BufferedDescriptor } from '../io-descriptor.js';
import { json } from './json.js';

const zod = z.object({
  name: z.string().trim(),
  rows: z.array(z.object({ length: z.number().positive() })),
  unit: z.enum(['cm', 'mm']).default('cm'),
});
const zodAsync = zod.refine(async ({ name }) => Promise.resolve(name !== 'taken'), {
  message: 'The name is taken.',
  path: ['name'],
});
const entries = {
  name: v.pipe(v.string(), v.trim()),
  rows: v.array(v.object({ length: v.pipe(v.number(), v.minValue(0.001)) })),
  unit: v.optional(v.picklist(['cm', 'mm']), 'cm'),
};
const valibot = v.object(entries);
const valibotAsync = v.objectAsync({
  ...entries,
  name: v.pipeAsync(
    v.string(),
    v.trim(),
    v.checkAsync(async (name) => Promise.resolve(name !== 'taken'), 'The name is taken.'),
  ),
});

const SCHEMAS = {
  zod: json(zod),
  zodAsync: json(zodAsync),
  valibot: json(valibot),
  valibotAsync: json(valibotAsync),
};

const decode = async (descriptor: BufferedDescriptor, value: unknown): Promise<unknown> =>
  descriptor.decode({
    contentType: 'application/json',
    headers: {},
    body: Buffer.from(JSON.stringify(value)),
  });

describe.each(Object.entries(SCHEMAS))('json(%s)', (_name, descriptor) => {
  it('gives what the schema makes of the body', async () => {
    const body = { name: ' Iris ', rows: [{ length: 1, colour: 'green' }] };
    expect(await decode(descriptor as BufferedDescriptor, body)).toEqual({
      name: 'Iris',
      rows: [{ length: 1 }],
      unit: 'cm',
    });
  });

  it('names each field with an issue as for a DTO', async () => {
    const body = { name: 'Iris', rows: [{ length: 1 }, { length: 'long' }] };
    await expect(decode(descriptor as BufferedDescriptor, body)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      statusCode: 400,
      message: expect.stringMatching(/^rows\[1\]\.length: Invalid .*, got the string "long"\.$/),
      details: {
        errors: [
          {
            field: 'rows[1].length',
            message: expect.stringMatching(/expected number/i),
            got: 'the string "long"',
          },
        ],
      },
    });
  });
});

describe('a schema and a hostile body', () => {
  const rows = z.object({ rows: z.array(z.strictObject({ length: z.number() })) });
  const refusal = async (descriptor: unknown, value: unknown) => {
    const error: unknown = await decode(descriptor as BufferedDescriptor, value).catch(
      (reason: unknown) => reason,
    );
    return error as BentoError & { details: { errors: unknown[] } };
  };

  it('tells the first hundred issues, and the number of the rest', async () => {
    const error = await refusal(json(rows), { rows: Array<number>(1000).fill(1) });
    expect(error.details.errors).toHaveLength(100);
    expect(error.message).toMatch(/^rows\[0\]: .*rows\[99\]: .*; and 900 more\.$/);
  });

  it('does not see a body of more values than it is given', async () => {
    const seen = vi.fn<() => boolean>();
    const bounded = json(z.any().refine(seen), { maxValues: 10 });
    // The object, its list, and what is in it.
    const error = await refusal(bounded, { rows: Array<number>(9).fill(1) });
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE', details: { maxValues: 10 } });
    expect(error.message).toContain('at most 10 values, got more');
    expect(seen).not.toHaveBeenCalled();
    await refusal(bounded, { rows: Array<number>(8).fill(1) });
    expect(seen).toHaveBeenCalledOnce();
    const long = { rows: Array<number>(100_000).fill(1) };
    expect((await refusal(json(rows), long)).code).toBe('BODY_TOO_LARGE');
    expect((await refusal(json(rows, { maxValues: 1_000_000 }), long)).code).toBe(
      'VALIDATION_FAILED',
    );
  });

  it('does not send long names back', async () => {
    const error = await refusal(json(rows), { rows: [{ length: 1, ['x'.repeat(100_000)]: 1 }] });
    expect(error.message).toMatch(/Unrecognized key/);
    expect((error.message + JSON.stringify(error.details)).length).toBeLessThan(2000);
  });

  it.each([0, 1.5, Number.NaN])('has no bound of %s', (maxValues) => {
    expect(() => json(rows, { maxValues })).toThrow('expected a whole number from 1');
  });
});

describe('json(schema)', () => {
  it.each([SCHEMAS.zodAsync, SCHEMAS.valibotAsync])(
    'waits for asynchronous checks',
    async (descriptor) => {
      const taken = decode(descriptor, { name: 'taken', rows: [] });
      await expect(taken).rejects.toThrow('name: The name is taken, got the string "taken".');
    },
  );

  it('takes bodies of any kind that the schema takes', async () => {
    expect(await decode(json(z.array(z.number())), [1, 2])).toEqual([1, 2]);
    await expect(decode(json(z.string()), 5)).rejects.toThrow(
      /^Invalid input: .*, got the number 5\.$/,
    );
  });

  it('gives the type of the schema’s output', () => {
    expectTypeOf(json(zod)).toEqualTypeOf<
      BufferedDescriptor<{ name: string; rows: { length: number }[]; unit: 'cm' | 'mm' }>
    >();
  });

  it('takes no forbidUnknown, which would do nothing', () => {
    const options = { forbidUnknown: true };
    expect(() => json(zod as never, options)).toThrow('Make the schema itself strict');
  });
});

describe('schema() of a Standard Schema', () => {
  const schemaOf = (descriptor: BufferedDescriptor): unknown =>
    descriptor.schema()['application/json'];

  it('is the library’s own, of what is read', () => {
    expect(schemaOf(json(z.object({ x: z.number().default(1) })) as BufferedDescriptor)).toEqual({
      type: 'object',
      properties: { x: { type: 'number', default: 1 } },
    });
  });

  it('says nothing where the library has none, or no words for a type', () => {
    expect(schemaOf(json(valibot) as BufferedDescriptor)).toEqual({});
    expect(schemaOf(json(z.object({ at: z.date() })) as BufferedDescriptor)).toEqual({});
  });

  it('refers to components where a schema refers to itself or to parts with an id', () => {
    const leaf = z.object({ length: z.number() }).meta({ id: 'SchemaSpecLeaf' });
    const tree = z
      .object({
        leaf,
        other: leaf,
        get children() {
          return z.array(tree);
        },
      })
      .meta({ title: 'Tree' });
    const descriptor = json(tree) as BufferedDescriptor;
    expect(schemaOf(descriptor)).toEqual({ $ref: '#/components/schemas/Tree' });
    expect(descriptor.components?.()).toMatchObject({
      SchemaSpecLeaf: { properties: { length: { type: 'number' } } },
      Tree: {
        properties: {
          other: { $ref: '#/components/schemas/SchemaSpecLeaf' },
          children: { items: { $ref: '#/components/schemas/Tree' } },
        },
      },
    });
    const list = json(z.array(tree)) as BufferedDescriptor;
    const names = Object.keys(list.components?.() ?? {});
    expect(JSON.stringify([schemaOf(list), list.components?.()])).not.toContain('$defs');
    expect(names).toContain('SchemaSpecLeaf');
    expect(names).toHaveLength(2);
    // The same in every process and for every descriptor of the schema.
    expect(Object.keys(json(z.array(tree)).components?.() ?? {})).toEqual(names);
  });
});
