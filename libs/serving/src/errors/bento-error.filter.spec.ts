import {
  BadRequestException,
  Body,
  Catch,
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Logger,
  Module,
  NotFoundException,
  Param,
  Post,
  UseFilters,
  ValidationPipe,
  VersioningType,
  Version,
} from '@nestjs/common';
import type {
  ArgumentsHost,
  DynamicModule,
  ExceptionFilter,
  MiddlewareConsumer,
  NestModule,
  Type,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { IsInt } from 'class-validator';
import { BentoError } from 'bentonest/errors';
import { Api, BentoService, ServingModule, createController } from 'bentonest/serving';
import type { FastifyReply } from 'fastify';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

class BusyError extends BentoError {
  static override readonly code = 'BUSY';
  static override readonly statusCode = 503;
}

class BrokenBehindError extends BentoError {
  static override readonly code = 'BROKEN_BEHIND';
  static override readonly statusCode = 502;
}

class BrokenError extends BentoError {
  static override readonly code = 'BROKEN';
  static override readonly statusCode = 500;
}

const FAILURES: Readonly<Record<string, () => unknown>> = {
  busy: () => new BusyError('Busy.', { retryAfterMs: 1200 }),
  broken: () => new BrokenError('Broken.', { cause: new Error('cause', { cause: 'root' }) }),
  behind: () => new BrokenBehindError('Broken.', { cause: new Error('no HTTP') }),
  forbidden: () => new ForbiddenException('No.'),
  crash: () => new TypeError('secret'),
  text: () => 'secret',
  nothing: () => null,
};

class Amount {
  @IsInt()
  amount: number;
}

@Controller()
class Plain {
  @Get('plain/:kind')
  fail(@Param('kind') kind: string): never {
    throw FAILURES[kind]();
  }

  @Post('amounts')
  amounts(@Body(new ValidationPipe()) body: Amount): Amount {
    return body;
  }
}

@BentoService()
class Served {
  @Api('/served/:kind')
  fail(@Param('kind') kind: string): never {
    throw FAILURES[kind]();
  }
}

interface Setup {
  readonly controllers?: Type[];
  readonly services?: Type[];
  readonly providers?: DynamicModule['providers'];
  readonly configure?: (app: NestFastifyApplication) => void;
  readonly middleware?: (consumer: MiddlewareConsumer) => void;
}

async function start(setup: Setup = {}): Promise<NestFastifyApplication> {
  const { controllers = [Plain], services = [Served], providers = [], middleware } = setup;
  @Module({
    imports: [ServingModule],
    controllers: [...controllers, ...services.map((service) => createController(service))],
    providers: [...providers, ...services],
  })
  class AppModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      middleware?.(consumer);
    }
  }
  const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    logger: false,
  });
  setup.configure?.(app);
  onTestFinished(() => app.close());
  return app.init();
}

async function ask(app: NestFastifyApplication, target: string, payload?: object) {
  const [method, url] = target.split(' ') as ['GET', string];
  const sent = { 'x-request-id': 'req-1' };
  const { statusCode, headers, body } = await app.inject({ method, url, payload, headers: sent });
  return { statusCode, headers, body: body === '' ? '' : (JSON.parse(body) as unknown) };
}

/** Answers with its name, by what it was made for. */
function answering(name: string, ...types: Type[]): Type<ExceptionFilter> {
  @Catch(...types)
  class Answering implements ExceptionFilter {
    catch(_error: unknown, host: ArgumentsHost): void {
      void host.switchToHttp().getResponse<FastifyReply>().status(418).send({ by: name });
    }
  }
  return Answering;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(['GET /plain', 'POST /served'])('of %s', (route) => {
  it('answers a BentoError with its code and when to come again', async () => {
    const { statusCode, headers, body } = await ask(await start(), `${route}/busy`);
    expect([statusCode, headers['retry-after']]).toEqual([503, '2']);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(body).toMatchObject({ errorCode: 'BUSY', message: 'Busy.', requestId: 'req-1' });
  });

  it.each(['crash', 'text', 'nothing'])('tells nothing of what was thrown (%s)', async (kind) => {
    const log = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const { statusCode, body } = await ask(await start(), `${route}/${kind}`);
    expect(statusCode).toBe(500);
    expect(body).toMatchObject({ errorCode: 'INTERNAL_ERROR', requestId: 'req-1' });
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(log).toHaveBeenCalledOnce();
    expect(log.mock.calls[0].join()).toMatch(/secret|null/);
    expect(log.mock.calls[0][0]).toContain('(request req-1)');
  });

  it('logs stack and causes of a 500, and nothing of what a client did', async () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const app = await start();
    await ask(app, `${route}/forbidden`);
    await ask(app, `${route}/busy`);
    expect(log).not.toHaveBeenCalled();
    await ask(app, `${route}/broken`);
    expect(log).toHaveBeenCalledOnce();
    expect(log.mock.calls[0][1]).toMatch(
      /^BrokenError: Broken\.\n +at [^]+\ncaused by Error: cause\n +at [^]+\ncaused by 'root'$/,
    );
    await ask(app, `${route}/behind`);
    expect(log.mock.calls[1]?.[1]).toMatch(
      /^BrokenBehindError: Broken\.[^]+caused by Error: no HTTP/,
    );
  });
});

describe('filters of the application’s own', () => {
  it.each([
    ['everything', []],
    ['BentoErrors', [BentoError]],
    ['HttpExceptions', [HttpException]],
  ])('win where they catch, as APP_FILTER or by useGlobalFilters: %s', async (_, types) => {
    const Own = answering('own', ...(types as unknown as Type[]));
    const apps = [
      await start({ providers: [{ provide: APP_FILTER, useClass: Own }] }),
      await start({ configure: (app) => app.useGlobalFilters(new Own()) }),
    ];
    const isCaught = (type: unknown): boolean =>
      types.length === 0 || types.includes(type as never);
    for (const app of apps) {
      for (const route of ['GET /plain', 'POST /served']) {
        const busy = await ask(app, `${route}/busy`);
        expect(busy.statusCode).toBe(isCaught(BentoError) ? 418 : 503);
        const forbidden = await ask(app, `${route}/forbidden`);
        expect(forbidden.statusCode).toBe(isCaught(HttpException) ? 418 : 403);
      }
      const unknown = await ask(app, 'GET /unknown');
      expect(unknown.statusCode).toBe(isCaught(HttpException) ? 418 : 404);
    }
  });

  it('win on a class and, before it, on a method', async () => {
    const OfMethod = answering('method', ForbiddenException);
    const OfClass = answering('class', HttpException);
    @UseFilters(OfClass)
    @BentoService()
    class Filtered {
      @UseFilters(OfMethod)
      @Api()
      both(): never {
        throw new ForbiddenException();
      }

      @Api()
      one(): never {
        throw new NotFoundException();
      }

      @Api()
      none(): never {
        throw new BusyError('Busy.');
      }
    }
    @UseFilters(OfClass)
    @Controller('filtered')
    class FilteredPlain {
      @UseFilters(OfMethod)
      @Get('both')
      both(): never {
        throw new ForbiddenException();
      }

      @Get('one')
      one(): never {
        throw new NotFoundException();
      }

      @Get('none')
      none(): never {
        throw new BusyError('Busy.');
      }
    }
    const app = await start({ controllers: [FilteredPlain], services: [Filtered] });
    for (const route of ['GET /filtered/', 'POST /']) {
      expect((await ask(app, `${route}both`)).body).toEqual({ by: 'method' });
      expect((await ask(app, `${route}one`)).body).toEqual({ by: 'class' });
      expect((await ask(app, `${route}none`)).body).toMatchObject({ errorCode: 'BUSY' });
    }
  });

  it('get what Fastify raises too', async () => {
    const Own = answering('own', BadRequestException, HttpException);
    const app = await start({ configure: (each) => each.useGlobalFilters(new Own()) });
    const answer = await app.inject({
      method: 'POST',
      url: '/amounts',
      headers: { 'content-type': 'application/json' },
      payload: '{',
    });
    expect(answer.json()).toEqual({ by: 'own' });
  });

  it('that call Nest’s base filter have Nest’s own answer', async () => {
    @Catch(ForbiddenException)
    class Base extends BaseExceptionFilter {}
    const app = await start({ providers: [{ provide: APP_FILTER, useClass: Base }] });
    const { body } = await ask(app, 'GET /plain/forbidden');
    expect(body).toEqual({ statusCode: 403, error: 'Forbidden', message: 'No.' });
  });
});

describe('an unknown path', () => {
  it('is a 404, and a 405 with Allow where it is served under another method', async () => {
    const app = await start();
    const unknown = await ask(app, 'GET /unknown?q=1');
    expect([unknown.statusCode, unknown.headers.allow]).toEqual([404, undefined]);
    expect(unknown.body).toMatchObject({ errorCode: 'NOT_FOUND', requestId: 'req-1' });
    const served = await ask(app, 'GET /served/x?q=1');
    expect([served.statusCode, served.headers.allow]).toEqual([405, 'POST']);
    expect(served.body).toMatchObject({
      errorCode: 'METHOD_NOT_ALLOWED',
      message: 'Expected a request by POST, got GET. Use another method.',
      details: { got: 'GET', allowed: ['POST'] },
    });
    const plain = await ask(app, 'DELETE /plain/x');
    expect([plain.statusCode, plain.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('collects the methods of all routes that match, and catch-all routes say nothing', async () => {
    @Controller()
    class Several {
      @Get('things/:id')
      one(): string {
        return '';
      }

      @Post('things/new')
      create(): string {
        return '';
      }

      @Get('*')
      rest(): string {
        return '';
      }
    }
    const app = await start({ controllers: [Several] });
    expect((await ask(app, 'DELETE /things/new')).headers.allow).toBe('GET, HEAD, POST');
    expect((await ask(app, 'POST /elsewhere')).statusCode).toBe(404);
  });

  it('is a 404 where the method is right and the version is not', async () => {
    @Controller()
    class Versioned {
      @Version('2')
      @Get('versioned')
      get(): string {
        return '';
      }
    }
    const header = { type: VersioningType.HEADER, header: 'v' } as const;
    const configure = (app: NestFastifyApplication): void => void app.enableVersioning(header);
    const app = await start({ controllers: [Versioned], services: [], configure });
    expect((await ask(app, 'GET /versioned')).statusCode).toBe(404);
    expect((await ask(app, 'POST /versioned')).statusCode).toBe(405);
  });

  it('keeps the 404 that a handler throws', async () => {
    const paths: string[] = [];
    const app = await start({
      middleware: (consumer) =>
        consumer
          .apply((request: { method: string }, _response: unknown, next: () => void) => {
            paths.push(request.method);
            if (request.method === 'GET') throw new NotFoundException('No such tenant.');
            next();
          })
          .forRoutes('served/*path'),
    });
    const { statusCode, body } = await ask(app, 'GET /served/x');
    expect([statusCode, paths]).toEqual([404, ['GET']]);
    expect(body).toMatchObject({ message: 'No such tenant.', requestId: 'req-1' });
  });
});

it('answers what middleware throws, which has Node’s request and response', async () => {
  const log = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
  const app = await start({
    middleware: (consumer) =>
      consumer
        .apply((request: { originalUrl: string }) => {
          throw FAILURES[request.originalUrl.split('/').at(-1) ?? '']();
        })
        .forRoutes('plain/*path'),
  });
  const { statusCode, headers, body } = await ask(app, 'GET /plain/busy');
  expect([statusCode, headers['retry-after']]).toEqual([503, '2']);
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  expect(body).toMatchObject({ errorCode: 'BUSY', requestId: 'req-1' });
  expect((await ask(app, 'GET /plain/crash')).body).toMatchObject({ errorCode: 'INTERNAL_ERROR' });
  expect(log.mock.calls.map(([message]) => message as string)).toEqual(['secret (request req-1)']);
});

it('keeps the list of messages of Nest’s ValidationPipe', async () => {
  const { body } = await ask(await start(), 'POST /amounts', { amount: 'x' });
  expect(body).toEqual({
    statusCode: 400,
    error: 'Bad Request',
    message: 'amount must be an integer number',
    errorCode: 'BAD_REQUEST',
    details: { messages: ['amount must be an integer number'] },
    requestId: 'req-1',
  });
});

it('is JSON whatever the handler had set and the client accepts', async () => {
  @Controller()
  class Texts {
    @Get('text')
    text(): never {
      throw new ForbiddenException('No.');
    }
  }
  const app = await start({ controllers: [Texts] });
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (_request, reply, done) => {
      void reply.header('content-type', 'text/csv');
      done();
    });
  const answer = await app.inject({ url: '/text', headers: { accept: 'text/html' } });
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.json()).toMatchObject({ statusCode: 403 });
});
