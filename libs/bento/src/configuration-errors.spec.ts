import { Controller, Injectable, Module, Post } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import {
  Api,
  BentoModule,
  BentoService,
  InjectRunner,
  NdArray,
  Runner,
  nodeRunner,
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
  it('when two routes collide', async () => {
    @BentoService()
    class First {
      @Api('/same')
      one(input: NdArray): NdArray {
        return input;
      }
    }
    @BentoService()
    class Second {
      @Api('same')
      two(input: NdArray): NdArray {
        return input;
      }
    }
    const services = [First, Second];
    const error = await startError(() => startApp([BentoModule.forFeature({ services })]));
    expect(error.message).toBe(
      "Route POST /same of Second#two is already served by First#one. Give one of them another route: @Api('/other').",
    );
  });

  it('when a route collides with a plain controller', async () => {
    @Controller()
    class Plain {
      @Post('classify')
      post(): string {
        return '';
      }
    }
    @BentoService()
    class Colliding {
      @Api()
      classify(input: NdArray): NdArray {
        return input;
      }
    }
    @Module({ controllers: [Plain] })
    class PlainModule {}
    const feature = BentoModule.forFeature({ services: [Colliding] });
    for (const imports of [
      [PlainModule, feature],
      [feature, PlainModule],
    ]) {
      const error = await startError(() => startApp(imports));
      expect(error.message).toContain('POST /classify of Colliding#classify is already served by');
    }
  });

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

  it('when a @BentoService is in no forFeature, unless that is wanted', async () => {
    @BentoService()
    class Forgotten {
      @Api()
      classify(input: NdArray): NdArray {
        return input;
      }
    }
    const error = await startError(() => startApp([], { unregisteredServices: 'error' }));
    expect(error.message).toMatch(/\w+ is a @BentoService that no module registers.*forFeature/);
    expect(Forgotten).toBeDefined();
    const app = await startApp([]);
    await app.close();
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
      @Api()
      several(a: NdArray, b: NdArray): NdArray[] {
        return [a, b];
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
    expect(register(Several)).toThrow('Several#several has 2 parameters for one body');
    expect(register(Missing)).toThrow('Missing#missing declares an input but has no parameter');
  });

  it('when a service has no name that a label can hold', () => {
    expect(() => {
      @BentoService({ name: 'Not A Name' })
      class Named {}
      return Named;
    }).toThrow('Service Named has the name "Not A Name"');
  });

  it('when forRoot is missing, or the application was made with Express', async () => {
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
});
