import { Readable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api, BentoModule, BentoService, Context, NdArray, json } from './index.js';
import { startApp } from './testing-app.fixture.js';

class Note {
  @IsString() text: string;
}

/** A decorator that puts a function of its own in the method's place, as caches and retries do. */
const Wrapped: MethodDecorator = (_prototype, _name, descriptor: PropertyDescriptor) => {
  const original = descriptor.value as (...args: unknown[]) => unknown;
  descriptor.value = function (this: unknown, ...args: unknown[]): unknown {
    return original.apply(this, args);
  };
};

@BentoService()
class Inferred {
  @Api()
  literals(input: NdArray, threshold = 0.5, url = 'https://a.b/c,d', isFast = false): unknown {
    return { input, threshold, url, isFast };
  }

  @Api()
  between(first: number = 1, second: number, third: string = 'c'): unknown {
    return { first, second, third };
  }

  @Api()
  lists(names: string[], note: Note): unknown {
    return { names, isNote: note instanceof Note };
  }

  @Api()
  list(rows: number[][]): unknown {
    return { rows };
  }

  @Api({ input: { a: json(), b: json() } })
  @Wrapped
  wrapped(a: unknown, b: unknown): unknown {
    return { a, b };
  }
}

let app: NestFastifyApplication;

beforeAll(async () => {
  app = await startApp([BentoModule.forFeature({ services: [Inferred] })]);
});

afterAll(() => app.close());

async function post(url: string, payload: object): Promise<[number, unknown]> {
  const answer = await app.inject({ method: 'POST', url, payload });
  const body = answer.json<{ message?: string }>();
  return [answer.statusCode, body.message ?? body];
}

describe('the descriptors of parameters', () => {
  it('follow from defaults that are literals, whose types no compiler emits', async () => {
    const url = 'https://a.b/c,d';
    const [, defaults] = await post('/literals', { input: [1] });
    expect(defaults).toEqual({ input: [1], threshold: 0.5, url, isFast: false });
    const given = { input: [1], threshold: 1, url: 'x', isFast: true };
    expect(await post('/literals', given)).toEqual([200, given]);
    expect(await post('/literals', { input: [1], threshold: '1' })).toEqual([
      400,
      'threshold: Expected a number, got the string "1".',
    ]);
    expect(await post('/literals', { input: [1], isFast: 1 })).toEqual([
      400,
      'isFast: Expected a boolean, got the number 1.',
    ]);
  });

  it('make those optional that have a default, and no others', async () => {
    expect(await post('/between', { second: 2 })).toEqual([
      200,
      { first: 1, second: 2, third: 'c' },
    ]);
    const [status, message] = await post('/between', { first: 1 });
    expect(status).toBe(400);
    expect(message).toContain('Expected the parameter second in the JSON object, got nothing');
  });

  it('read lists as lists, alone and beside others', async () => {
    const note = { text: 'a' };
    expect(await post('/lists', { names: ['a'], note })).toEqual([
      200,
      { names: ['a'], isNote: true },
    ]);
    expect(await post('/lists', { names: 'a', note })).toEqual([
      400,
      'names: Expected a JSON list, got the string "a".',
    ]);
    expect(await post('/list', [[1], [2]])).toEqual([200, { rows: [[1], [2]] }]);
    expect(await post('/list', { a: 1 })).toEqual([400, 'Expected a JSON list, got an object.']);
  });

  it('given by name are required where another decorator hides the defaults', async () => {
    expect(await post('/wrapped', { a: 1, b: null })).toEqual([200, { a: 1, b: null }]);
    const [status] = await post('/wrapped', { a: 1 });
    expect(status).toBe(400);
  });
});

describe('a parameter is an error at start that names class, method and cure', () => {
  const register = (service: new () => object) => () =>
    BentoModule.forFeature({ services: [service] });

  it('when its type says nothing', () => {
    @BentoService()
    class Union {
      @Api()
      union(input: NdArray, options: Note | null): unknown {
        return [input, options];
      }
    }
    @BentoService()
    class BuiltIn {
      @Api()
      builtIn(input: Readable): unknown {
        return input;
      }
    }
    @BentoService()
    class Dated {
      @Api()
      dated(at: Date): unknown {
        return at;
      }
    }
    expect(register(Union)).toThrow(
      'The input of Union#union(options) cannot be inferred from the type Object of its parameter. Set @Api({ input: { name: descriptor, … } })',
    );
    expect(register(BuiltIn)).toThrow('BuiltIn#builtIn cannot be inferred from the type Readable');
    expect(register(Dated)).toThrow('Dated#dated cannot be inferred from the type Date');
  });

  it('when it is a Context without @Ctx()', () => {
    @BentoService()
    class Forgotten {
      @Api()
      forgotten(input: NdArray, context: Context): unknown {
        return [input, context];
      }
    }
    expect(register(Forgotten)).toThrow(
      'Forgotten#forgotten(context) is of type Context, but nothing gives it one. Decorate it with @Ctx().',
    );
  });

  it('when another decorator hides its name', () => {
    @BentoService()
    class Hidden {
      @Api()
      @Wrapped
      hidden(a: NdArray, b: NdArray): unknown {
        return [a, b];
      }
    }
    expect(register(Hidden)).toThrow(/Hidden#hidden has several .* another decorator wraps/);
  });

  it('when its method is served by an HTTP method that is none', () => {
    @BentoService()
    class Getting {
      @Api({ method: 'get' as 'GET' })
      getting(): string {
        return '';
      }
    }
    expect(register(Getting)).toThrow(
      '@Api of Getting#getting has as method get; expected GET, POST, PUT, PATCH or DELETE.',
    );
  });
});
