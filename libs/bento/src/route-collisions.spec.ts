import {
  Controller,
  Module,
  Post,
  RequestMapping,
  RequestMethod,
  VERSION_NEUTRAL,
  Version,
  VersioningType,
} from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Api, BentoModule, BentoService, NdArray, ServiceConfigurationError } from './index.js';
import { createApp } from './testing-app.fixture.js';

const CURE = "Give one of them another route: @Api('/other').";

async function start(
  imports: readonly Type[],
  services: readonly Type[],
  prefix = '',
): Promise<NestFastifyApplication> {
  const app = await createApp([...imports, BentoModule.forFeature({ services })]);
  onTestFinished(() => app.close());
  app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
  app.setGlobalPrefix(prefix);
  return app.init();
}

async function messageOf(started: Promise<unknown>): Promise<string> {
  try {
    await started;
  } catch (error) {
    if (error instanceof ServiceConfigurationError) return error.message;
    throw error;
  }
  throw new Error('It started.');
}

/** A service with one method at a route, of some versions. */
function serviceAt(route: string, name: string, versions: VersionOption[] = []): Type {
  class Service {
    serve(): { from: string } {
      return { from: name };
    }
  }
  Object.defineProperty(Service, 'name', { value: name });
  const descriptor = Object.getOwnPropertyDescriptor(Service.prototype, 'serve') ?? {};
  Reflect.defineMetadata('design:paramtypes', [], Service.prototype, 'serve');
  Api(route)(Service.prototype, 'serve', descriptor);
  if (versions.length > 0) Version(versions)(Service.prototype, 'serve', descriptor);
  BentoService()(Service);
  return Service;
}

type VersionOption = string | typeof VERSION_NEUTRAL;

describe('two routes of services', () => {
  it.each([
    ['/same', 'same'],
    ['/p/:id', '/p/:name'],
    ['/p/:id(^\\d+$)', '/p/:number(^\\d+$)'],
    ['/p/:id/q/:part', '/p/:a/q/:b'],
  ])('%s and %s collide', async (first, second) => {
    const services = [serviceAt(first, 'First'), serviceAt(second, 'Second')];
    const url = second.startsWith('/') ? second : `/${second}`;
    expect(await messageOf(start([], services))).toBe(
      `Route POST ${url} of Second#serve is already served by First#serve. ${CURE}`,
    );
  });

  it('of one class collide, too', async () => {
    @BentoService()
    class Twice {
      @Api('/twice')
      one(input: NdArray): NdArray {
        return input;
      }

      @Api('/twice')
      two(input: NdArray): NdArray {
        return input;
      }
    }
    expect(await messageOf(start([], [Twice]))).toBe(
      `Route POST /twice of Twice#two is already served by Twice#one. ${CURE}`,
    );
  });

  it('do not collide where only one has a pattern, or they differ by more than a name', async () => {
    const routes = ['/p/:id', '/p/:id(^\\d+$)', '/p/:id/q', '/p', '/p/x', '/p/::id'];
    const app = await start(
      [],
      routes.map((route, i) => serviceAt(route, `Service${i}`)),
    );
    const froms = ['/p/a', '/p/1', '/p/a/q', '/p', '/p/x', '/p/:id'].map(async (url) =>
      (await app.inject({ method: 'POST', url })).json<{ from: string }>(),
    );
    expect(await Promise.all(froms)).toEqual(routes.map((_, i) => ({ from: `Service${i}` })));
  });
});

describe('versions of one route', () => {
  it.each<[VersionOption[], VersionOption[]]>([
    [['1', '2'], ['2']],
    [['2'], ['1', '2']],
    [
      ['1', '2'],
      ['2', '3'],
    ],
    [['1', VERSION_NEUTRAL], []],
    [['1'], ['1']],
  ])('collide where they share one: %o and %o', async (first, second) => {
    const services = [
      serviceAt('/versioned', 'First', first),
      serviceAt('/versioned', 'Second', second),
    ];
    expect(await messageOf(start([], services))).toBe(
      `Route POST /versioned of Second#serve is already served by First#serve. ${CURE}`,
    );
  });

  it('do not collide where they share none', async () => {
    const versions: VersionOption[][] = [['1', '2'], ['3'], ['4', VERSION_NEUTRAL]];
    const app = await start(
      [],
      versions.map((each, i) => serviceAt('/versioned', `Service${i}`, each)),
    );
    const ask = async (version?: string): Promise<unknown> => {
      const headers = version === undefined ? {} : { 'x-version': version };
      return (await app.inject({ method: 'POST', url: '/versioned', headers })).json();
    };
    expect(await Promise.all(['1', '2', '3', '4', undefined].map(ask))).toEqual(
      [0, 0, 1, 2, 2].map((i) => ({ from: `Service${i}` })),
    );
  });
});

describe('a route of a service and one of a plain controller', () => {
  @Controller('models')
  class Plain {
    @Post(':name/predict')
    predict(): string {
      return '';
    }

    @Post('other')
    other(): string {
      return '';
    }
  }
  @Module({ controllers: [Plain] })
  class PlainModule {}

  it.each(['', 'api'])('collide, and the controller is named (prefix "%s")', async (prefix) => {
    const path = '/models/:model/predict';
    const expected = `of Colliding#serve is already served by Plain#predict. ${CURE}`;
    const message = await messageOf(start([PlainModule], [serviceAt(path, 'Colliding')], prefix));
    expect(message).toContain(expected);
    expect(message).toContain(`Route POST ${prefix && `/${prefix}`}/models/:`);
  });

  it('collide in the other order, too', async () => {
    const feature = BentoModule.forFeature({ services: [serviceAt('/models/other', 'Colliding')] });
    const app = await createApp([feature, PlainModule]);
    onTestFinished(() => app.close());
    expect(await messageOf(app.init())).toBe(
      `Route POST /models/other of Colliding#serve is already served by Plain#other. ${CURE}`,
    );
  });

  it('collide where the controller serves all methods', async () => {
    @Controller()
    class Everything {
      @RequestMapping({ path: 'all', method: RequestMethod.ALL })
      all(): string {
        return '';
      }
    }
    @Module({ controllers: [Everything] })
    class AllModule {}
    const message = await messageOf(start([AllModule], [serviceAt('/all', 'Colliding')]));
    expect(message).toContain('is already served by Everything#all');
  });

  it('collide with a plugin, which has no name', async () => {
    const root = BentoModule.forRoot({ unregisteredServices: 'ignore', metrics: false });
    const feature = BentoModule.forFeature({ services: [serviceAt('/plugged', 'Colliding')] });
    @Module({ imports: [root, feature] })
    class AppModule {}
    const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
      logger: false,
    });
    onTestFinished(() => app.close());
    app
      .getHttpAdapter()
      .getInstance()
      .post('/plugged', () => '');
    const message = await messageOf(app.init());
    expect(message).toContain(`is already served by a plugin. ${CURE}`);
  });
});
