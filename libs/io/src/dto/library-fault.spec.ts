import 'reflect-metadata';
import { Transform, Type } from 'class-transformer';
import * as is from 'class-validator';
import { describe, expect, it } from 'vitest';
import type { DtoClass } from './dto-class.js';
import { validateDto } from './validate-dto.js';

class Leaf {
  @is.IsNumber({ maxDecimalPlaces: 2 }) length: number;
}

class Flower {
  @is.ValidateNested() @Type(() => Leaf) leaves: Leaf[];
  @is.IsOptional() @Type(() => Number) @is.IsNumber({}, { each: true }) sizes?: number[];
  @is.IsOptional() @Type(() => Date) @is.IsDate() picked?: Date;
  @is.IsOptional() @Type(() => Buffer) @is.Allow() image?: Buffer;
  @is.IsOptional()
  @is.ValidateNested()
  @Type(() => Leaf, {
    discriminator: { property: 'kind', subTypes: [{ name: 'leaf', value: Leaf }] },
  })
  parts?: Leaf[];
}

const refusalOf = async (dto: DtoClass, text: string): Promise<unknown> => {
  try {
    return await validateDto(dto, JSON.parse(text), false);
  } catch (error) {
    return error;
  }
};

describe('a value at which class-transformer or class-validator throw', () => {
  it.each([
    ['leaves[1].length', '{"leaves":[{"length":1},{"length":1e-7}]}', 'the number 1e-7'],
    ['picked.toString', '{"leaves":[],"picked":{"a":1,"toString":"x"}}', 'the string "x"'],
    ['sizes[1].toString', '{"leaves":[],"sizes":[1,{"toString":1}]}', 'the number 1'],
    ['image', '{"leaves":[],"image":1}', 'the number 1'],
    ['parts[0]', '{"leaves":[],"parts":[null]}', 'null'],
  ])('is refused by its field: %s', async (field, text, got) => {
    const message = `${field} has a value that cannot be checked`;
    expect(await refusalOf(Flower, text)).toMatchObject({
      code: 'VALIDATION_FAILED',
      message: `${message}, got ${got}.`,
      details: { errors: [{ field, message, got }] },
    });
  });
});

describe('what the application’s own code throws', () => {
  const fail = (): never => {
    throw new TypeError('of the application');
  };
  class Constructed {
    @is.IsInt() x = fail();
  }
  class Transformed {
    @is.IsInt() @Transform(fail) x: number;
  }
  class Validated {
    @is.ValidateBy({ name: 'odd', validator: { validate: fail } }) x: number;
  }
  class Late {
    @is.ValidateBy({
      name: 'late',
      async: true,
      validator: { validate: async () => Promise.resolve().then(fail) },
    })
    x: number;
  }
  /** Throws by class-validator, but at what the application gave it. */
  class Misused {
    @is.ValidateBy({
      name: 'few',
      validator: { validate: () => is.isNumber(1e-7, { maxDecimalPlaces: 2 }) },
    })
    x: number;
  }

  it.each<[string, DtoClass]>([
    ['a constructor', Constructed],
    ['a @Transform', Transformed],
    ['a validator', Validated],
    ['an asynchronous validator', Late],
    ['a call of class-validator', Misused],
  ])('is thrown as it is: %s', async (_, dto) => {
    expect(await refusalOf(dto, '{"x":1}')).toBeInstanceOf(TypeError);
  });
});
