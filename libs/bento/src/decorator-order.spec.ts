import {
  Catch,
  Header,
  HttpCode,
  Injectable,
  Query,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  Version,
  VersioningType,
} from '@nestjs/common';
import type {
  ArgumentsHost,
  CallHandler,
  CanActivate,
  ExceptionFilter,
  ExecutionContext,
  NestInterceptor,
  PipeTransform,
  Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiOperation, ApiTags, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { map } from 'rxjs';
import type { Observable } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { Api, BentoModule, BentoService } from './index.js';
import { createApp } from './testing-app.fixture.js';

class Never implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class Wrap implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: unknown) => ({ wrapped: value })));
  }
}

class TeapotError extends Error {}

@Catch(TeapotError)
class TeapotFilter implements ExceptionFilter {
  catch(_error: TeapotError, host: ArgumentsHost): void {
    void host.switchToHttp().getResponse<FastifyReply>().status(418).send('');
  }
}

/** Changes whatever it gets: what is not the user's parameter must not come to it. */
class Shout implements PipeTransform {
  transform(value: unknown): string {
    return String(value).toUpperCase();
  }
}

/** Tells which role the handler or its class has, as a guard that looks for one would see it. */
@Injectable()
class TellRole implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const targets = [context.getHandler(), context.getClass()];
    const role = this.reflector.getAllAndOverride<string | undefined>('role', targets);
    void context
      .switchToHttp()
      .getResponse<FastifyReply>()
      .header('x-role', role ?? 'none');
    return next.handle();
  }
}

/** What a decorated route answers, and how the API document describes it. */
interface Observed {
  readonly status: number;
  readonly body: string;
  readonly thrown: number;
  readonly versioned: number;
  readonly model: unknown;
  readonly role: unknown;
  readonly summary: string | undefined;
  readonly tags: string[] | undefined;
}

const PLAIN: Observed = {
  status: 200,
  body: 'ann',
  thrown: 500,
  versioned: 404,
  model: undefined,
  role: 'none',
  summary: undefined,
  tags: ['decorated'],
};

type Decorators = ClassDecorator & MethodDecorator;
type Row = [name: string, decorator: Decorators | MethodDecorator, changed: Partial<Observed>];

const ON_BOTH: Row[] = [
  [
    '@UseGuards',
    UseGuards(Never),
    { status: 403, thrown: 403, role: undefined, body: expect.any(String) as string },
  ],
  ['@UseInterceptors', UseInterceptors(Wrap), { body: '{"wrapped":"ann"}' }],
  ['@UseFilters', UseFilters(TeapotFilter), { thrown: 418 }],
  ['@UsePipes', UsePipes(Shout), { body: 'ANN' }],
  ['@SetMetadata', SetMetadata('role', 'admin'), { role: 'admin' }],
  ['@ApiTags', ApiTags('flowers'), { tags: expect.arrayContaining(['flowers']) as string[] }],
];

const ON_METHODS: Row[] = [
  ...ON_BOTH,
  ['@HttpCode', HttpCode(202), { status: 202 }],
  ['@Header', Header('x-model', 'iris'), { model: 'iris' }],
  [
    '@Version',
    Version('2'),
    {
      status: 404,
      thrown: 404,
      versioned: 200,
      body: expect.any(String) as string,
      role: undefined,
    },
  ],
  ['@ApiOperation', ApiOperation({ summary: 'Says it' }), { summary: 'Says it' }],
];

const PLACES = ['above', 'below'] as const;

function orders<T>(rows: readonly Row[], own: T) {
  return rows.flatMap(([name, decorator, changed]) =>
    PLACES.map((place) => {
      const pair = [decorator as T, own];
      return { name, place, decorators: place === 'above' ? pair : pair.toReversed(), changed };
    }),
  );
}

/** A class decorated as TypeScript decorates it: the first of a list stands above the others. */
function decorated(onMethod: MethodDecorator[], onClass: ClassDecorator[]): Type {
  class Decorated {
    say(name: string): string {
      if (name.toLowerCase() === 'nobody') throw new TeapotError();
      return name;
    }
  }
  const { prototype } = Decorated;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'say');
  Reflect.defineMetadata('design:paramtypes', [String], prototype, 'say');
  Query('name')(prototype, 'say', 0);
  Object.defineProperty(prototype, 'say', Reflect.decorate(onMethod, prototype, 'say', descriptor));
  return Reflect.decorate(onClass, Decorated) as Type;
}

async function observe(service: Type): Promise<Observed> {
  const app: NestFastifyApplication = await createApp([
    BentoModule.forFeature({ services: [service] }),
  ]);
  onTestFinished(() => app.close());
  app.enableVersioning({ type: VersioningType.URI });
  app.useGlobalInterceptors(new TellRole(app.get(Reflector)));
  await app.init();
  const post = (url: string) => app.inject({ method: 'POST', url });
  const answer = await post('/say?name=ann');
  const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
  const operation = Object.values(paths).find(({ post: each }) => each !== undefined)?.post;
  return {
    status: answer.statusCode,
    body: answer.body,
    thrown: (await post('/say?name=nobody')).statusCode,
    versioned: (await post('/v2/say?name=ann')).statusCode,
    model: answer.headers['x-model'],
    role: answer.headers['x-role'],
    summary: operation?.summary,
    tags: operation?.tags,
  };
}

it('a service without further decorators is the one that they change', async () => {
  expect(await observe(decorated([Api()], [BentoService()]))).toEqual(PLAIN);
});

it.each(orders(ON_METHODS, Api()))('$name works $place @Api', async ({ decorators, changed }) => {
  const observed = await observe(decorated(decorators, [BentoService()]));
  expect(observed).toEqual({ ...PLAIN, ...changed });
});

it.each(orders(ON_BOTH, BentoService()))(
  '$name works $place @BentoService',
  async ({ decorators, changed }) => {
    const observed = await observe(decorated([Api()], decorators));
    expect(observed).toEqual({ ...PLAIN, ...changed });
  },
);
