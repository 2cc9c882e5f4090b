import { Body, Controller, Injectable, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import {
  Api,
  BentoModule,
  BentoService,
  InjectRunner,
  LogLevel,
  NdArray,
  Runner,
  nodeRunner,
  ndarray,
} from './index.js';
import { startApp } from './testing-app.fixture.js';

const module = new URL('./nowhere.js', import.meta.url);

async function startError(start: () => Promise<unknown>): Promise<Error> {
  try {
    await start();
  } catch (error) {
    return error as Error;
  }
  throw new Error('It started.');
}

describe('a mistake is an error at start that names class, method and cure', () => {
  it('when a service injects a runner that nobody registered', async () => {
    @BentoService()
    class Lonely {
      constructor(@InjectRunner('iris_clf') readonly runner: Runner) {}

      @Api()
      classify(input: NdArray): Promise<NdArray> {
        return this.runner.predict.run(input);
      }
    }
    const error = await startError(() =>
      startApp([BentoModule.forFeature({ services: [Lonely] })]),
    );
    expect(error).toMatchObject({ code: 'RUNNER_NOT_REGISTERED' });
    expect(error.message).toContain('Lonely injects runner "iris_clf" in parameter 0');
    expect(error.message).toContain("onnxRunner('iris_clf'");
  });

  it('when the runner is in a property, and in a module that is not imported', async () => {
    @BentoService()
    class ByProperty {
      @InjectRunner('elsewhere') readonly runner: Runner;

      @Api()
      classify(input: NdArray): Promise<NdArray> {
        return this.runner.predict.run(input);
      }
    }
    const other = BentoModule.forFeature({
      runners: [nodeRunner('elsewhere', { module, class: 'X', embedded: true })],
    });
    const feature = BentoModule.forFeature({ services: [ByProperty] });
    const error = await startError(() => startApp([other, feature]));
    expect(error.message).toContain('ByProperty injects runner "elsewhere" in property runner');
    expect(error.message).toContain('import the module that has it');
  });

  it('when two modules register a runner of the same name', async () => {
    const feature = () =>
      BentoModule.forFeature({ runners: [nodeRunner('twice', { module, class: 'X' })] });
    const error = await startError(() => startApp([feature(), feature()]));
    expect(error.message).toContain('Runner "twice" is registered twice');
  });

  it('when one forFeature lists a runner twice, or forRoot is imported twice', async () => {
    const twice = [
      nodeRunner('same', { module, class: 'X' }),
      nodeRunner('same', { module, class: 'Y' }),
    ];
    expect(() => BentoModule.forFeature({ runners: twice })).toThrow(
      'Runner "same" is listed twice in one forFeature',
    );
    const error = await startError(() => startApp([BentoModule.forRoot({ metrics: false })]));
    expect(error.message).toContain('BentoModule.forRoot() is imported twice');
  });

  it('when a class in services is no service, or has no method', () => {
    @Injectable()
    class Undecorated {}
    @BentoService()
    class Empty {}
    expect(() => BentoModule.forFeature({ services: [Undecorated] })).toThrow(
      'Undecorated is listed in services but is no service. Decorate it with @BentoService()',
    );
    expect(() => BentoModule.forFeature({ services: [Empty] })).toThrow(
      'Empty has no @Api() method',
    );
  });

  class Text {
    @IsString() text: string;
  }

  it('when an input cannot be inferred, or there are several, or none', () => {
    @BentoService()
    class Untyped {
      @Api()
      untyped(input: unknown): unknown {
        return input;
      }
    }
    @BentoService()
    class Several {
      @Api({ input: ndarray() })
      several(a: NdArray, b: NdArray): NdArray[] {
        return [a, b];
      }
    }
    @BentoService()
    class Destructured {
      @Api()
      destructured(a: NdArray, { text }: Text): unknown {
        return [a, text];
      }
    }
    @BentoService()
    class TooFew {
      @Api({ input: { a: ndarray() } })
      tooFew(a: NdArray, b: NdArray): unknown {
        return [a, b];
      }
    }
    @BentoService()
    class Getting {
      @Api({ method: 'GET' })
      getting(a: NdArray): NdArray {
        return a;
      }
    }
    @BentoService()
    class Limited {
      @Api({ timeoutMs: 0 })
      limited(a: NdArray): NdArray {
        return a;
      }
    }
    @BentoService()
    class Missing {
      @Api({ input: { kind: 'x' } as never })
      missing(): void {}
    }
    const register = (service: new () => object) => () =>
      BentoModule.forFeature({ services: [service] });
    expect(register(Untyped)).toThrow('The input of Untyped#untyped cannot be inferred');
    expect(register(Several)).toThrow('Several#several has 2 parameters and one descriptor');
    expect(register(Destructured)).toThrow(
      'Destructured#destructured has several parameters, of which one has no name',
    );
    expect(register(TooFew)).toThrow(
      'TooFew#tooFew has 2 parameters for a body, and input names 1',
    );
    expect(register(Getting)).toThrow(/Getting#getting is served by GET.*@Query\(\)/);
    expect(register(Limited)).toThrow(
      '@Api of Limited#limited has as timeoutMs 0; expected a whole number',
    );
    expect(register(Missing)).toThrow('Missing#missing declares an input but has no parameter');
  });

  it('when a service has no name that a label can hold', () => {
    expect(() => {
      @BentoService({ name: 'Not A Name' })
      class Named {}
      return Named;
    }).toThrow('Service Named has the name "Not A Name"');
  });

  it('when forRoot is missing', async () => {
    @BentoService()
    class Rootless {
      @Api()
      classify(input: NdArray): NdArray {
        return input;
      }
    }
    const feature = BentoModule.forFeature({ services: [Rootless] });
    const error = await startError(() =>
      Test.createTestingModule({ imports: [feature] }).compile(),
    );
    expect(error.message).toContain('forFeature is imported without BentoModule.forRoot()');
    const runners = [nodeRunner('rootless', { module, class: 'X' })];
    const imports = [BentoModule.forFeature({ runners })];
    const second = await startError(() => Test.createTestingModule({ imports }).compile());
    expect(second.message).toContain('BentoModule.forRoot()');
  });
});

describe('an application that was made with Express', () => {
  const EXPRESS =
    'BentoNest serves with Fastify, but the application was created with Express. Write NestFactory.create(AppModule, new FastifyAdapter()) with the adapter of @nestjs/platform-fastify.';

  /** As much of Nest's Express adapter as is looked at, without the package. */
  class ExpressStub extends FastifyAdapter {
    override getType(): string {
      return 'express';
    }
  }

  it('does not start, by NestFactory', async () => {
    @Module({ imports: [BentoModule.forRoot({ metrics: false })] })
    class AppModule {}
    const options = { logger: false, abortOnError: false } as const;
    const error = await startError(() => NestFactory.create(AppModule, new ExpressStub(), options));
    expect(error).toMatchObject({ name: 'ServiceConfigurationError', message: EXPRESS });
  });

  it('does not start, as a testing module', async () => {
    const imports = [BentoModule.forRoot({ unregisteredServices: 'ignore', metrics: false })];
    const testing = await Test.createTestingModule({ imports }).compile();
    const app = testing.createNestApplication(new ExpressStub(), { logger: false });
    const error = await startError(() => app.init());
    expect(error).toMatchObject({ name: 'ServiceConfigurationError', message: EXPRESS });
  });
});

describe('options', () => {
  it('come from a factory, too', async () => {
    const root = BentoModule.forRootAsync({
      useFactory: () => ({ unregisteredServices: 'ignore' as const }),
      metrics: false,
      health: false,
    });
    const testing = await Test.createTestingModule({ imports: [root] }).compile();
    const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    await app.init();
    expect((await app.inject('/livez')).statusCode).toBe(404);
    expect((await app.inject('/metrics')).statusCode).toBe(404);
    await app.close();
  });

  it('limits, logs and the document among them', async () => {
    const root = BentoModule.forRootAsync({
      useFactory: async () => {
        await Promise.resolve();
        const docs = { title: 'By a factory', jsonPath: '/api.json' };
        const logging = { level: 'error' as const };
        return { unregisteredServices: 'ignore' as const, bodyLimitBytes: 9, docs, logging };
      },
    });
    @Controller()
    class Echo {
      @Post('echo')
      echo(@Body() body: unknown): unknown {
        return body;
      }
    }
    const imports = { imports: [root], controllers: [Echo] };
    const testing = await Test.createTestingModule(imports).compile();
    const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    await app.init();
    const send = async (payload: object): Promise<number> =>
      (await app.inject({ method: 'POST', url: '/echo', payload })).statusCode;
    expect([await send({ a: 1 }), await send({ a: 1000 })]).toEqual([201, 413]);
    const document: { info: object } = (await app.inject('/api.json')).json();
    expect(document.info).toMatchObject({ title: 'By a factory' });
    expect(app.get(LogLevel).current).toBe('error');
    await app.close();
  });

  it.each([
    [{ metrics: { path: '/m' } }, 'gave metrics, which is needed before it is asked. Write it beside useFactory: forRootAsync({ metrics: …, useFactory }), or set it in bentonest.yaml.'], // prettier-ignore
    [{ logging: false as const }, 'gave logging: false, which is needed before it is asked. Write it beside useFactory: forRootAsync({ logging: false, useFactory }), or set it in bentonest.yaml.'], // prettier-ignore
  ])('of which some are needed before a factory is asked: %j', async (late, message) => {
    const root = BentoModule.forRootAsync({
      useFactory: () => ({ unregisteredServices: 'ignore' as const, ...late }),
    });
    const error = await startError(() => Test.createTestingModule({ imports: [root] }).compile());
    expect(error.message).toBe(`The factory of BentoModule.forRootAsync ${message}`);
  });
});
