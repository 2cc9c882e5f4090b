import 'reflect-metadata';
import { Exclude, Expose, Type } from 'class-transformer';
import * as is from 'class-validator';
import { describe, expect, it } from 'vitest';
import { json } from '../json/json.js';

enum Species {
  Setosa = 'setosa',
  Virginica = 'virginica',
}

enum Level {
  Low,
  High,
}

class Leaf {
  @is.IsNumber() @is.Min(0) length: number;
}

class Plant {
  @is.IsString() @is.IsNotEmpty() name: string;
  @is.IsNotEmpty() @is.IsInt() age: number;
  @is.Min(0) @is.IsInt() count: number;
  @is.IsOptional() @is.IsBoolean() isWild?: boolean;
  @is.IsEnum(Species) species: Species;
  @is.IsOptional() @is.IsEnum(Level) level?: Level;
  @is.IsIn(['cm', 'mm']) unit: string;
  @is.IsNumber({}, { each: true }) @is.ArrayMaxSize(3) sizes: number[];
  @is.ValidateNested() @Type(() => Leaf) first: Leaf;
  @is.ValidateNested({ each: true }) @Type(() => Leaf) leaves: Leaf[];
  @is.ValidateNested() @Type(() => Leaf) rest: Leaf[];
  @is.IsOptional() @is.ValidateNested() @Type(() => Plant) parent?: Plant;
}

class Tree extends Plant {
  @is.IsUUID() id: string;
  @Exclude() @is.IsString() secret: string;
  @Expose({ name: 'tall' }) @is.IsNumber() height: number;
}

const leaf = { $ref: '#/components/schemas/Leaf' };

describe('schema() of json(Dto)', () => {
  it('refers to a component of the name of the class', () => {
    expect(json(Plant).schema()).toEqual({
      'application/json': { $ref: '#/components/schemas/Plant' },
    });
  });

  it('has a component for each nested class, itself too', () => {
    expect(json(Plant).components?.()).toEqual({
      Plant: {
        type: 'object',
        required: expect.arrayContaining(['name', 'species', 'leaves', 'first']),
        properties: {
          name: { type: 'string', minLength: 1 },
          age: { type: 'integer' },
          count: { type: 'integer', minimum: 0 },
          isWild: { type: 'boolean' },
          species: { enum: ['setosa', 'virginica'] },
          level: { enum: [0, 1] },
          unit: { type: 'string', enum: ['cm', 'mm'] },
          sizes: { type: 'array', items: { type: 'number' }, maxItems: 3 },
          first: leaf,
          leaves: { type: 'array', items: leaf },
          rest: { type: 'array', items: leaf },
          parent: { $ref: '#/components/schemas/Plant' },
        },
      },
      Leaf: {
        type: 'object',
        required: ['length'],
        properties: { length: { type: 'number', minimum: 0 } },
      },
    });
  });

  it('requires what is not optional', () => {
    const { Plant: schema } = json(Plant).components?.() ?? {};
    for (const field of ['isWild', 'level', 'parent']) {
      expect(schema.required).not.toContain(field);
    }
  });

  it('has the fields of base classes, under the names of @Expose and without those of @Exclude', () => {
    const { Tree: schema } = json(Tree).components?.() ?? {};
    expect(schema.properties).toMatchObject({ id: { type: 'string' }, tall: { type: 'number' } });
    expect(schema.properties).toHaveProperty('leaves');
    expect(schema.properties).not.toHaveProperty('secret');
    expect(schema.properties).not.toHaveProperty('height');
  });

  it('tells two classes of one name apart', () => {
    const makeNamesake = () => {
      class Row {
        @is.IsString() text: string;
      }
      return Row;
    };
    const namesake = makeNamesake();
    class Row {
      @is.IsNumber() x: number;
      @is.ValidateNested() @Type(() => namesake) other: object;
    }
    const components = json(Row).components?.() ?? {};
    expect(Object.keys(components)).toEqual(['Row', 'Row2']);
  });
});
