import {
  Body,
  Catch,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Injectable,
  Param,
  Post,
  Query,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
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
  OnModuleInit,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiOperation, ApiTags, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { map } from 'rxjs';
import type { Observable } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { Api, BentoModule, BentoService, NdArray, json } from './index.js';
import { createApp, startApp } from './testing-app.fixture.js';

class Greeting {
  @IsString() name: string;
}

@Injectable()
class RoleGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const role = this.reflector.getAllAndOverride<string>('role', [
      context.getHandler(),
      context.getClass(),
    ]);
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['x-role'] === role;
  }
}

@Injectable()
class Wrap implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: unknown) => ({ wrapped: value })));
  }
}

class TeapotError extends Error {}

@Catch(TeapotError)
class TeapotFilter implements ExceptionFilter {
  catch(error: TeapotError, host: ArgumentsHost): void {
    const reply = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: unknown): void } }>();
    reply.status(418).send({ short: error.message });
  }
}

let instances = 0;
let inits = 0;

class Inherited {
  @Api()
  inherited(): { from: string } {
    return { from: 'base' };
  }
}

@BentoService({ name: 'feature_service' })
@SetMetadata('role', 'reader')
class FeatureService extends Inherited implements OnModuleInit {
  constructor() {
    super();
    instances++;
  }

  onModuleInit(): void {
    inits++;
  }

  @Api()
  greet(greeting: Greeting): { text: string; isDto: boolean } {
    return { text: `Hello ${greeting.name}`, isDto: greeting instanceof Greeting };
  }

  @UseGuards(RoleGuard)
  @Api()
  guardedBelow(): string {
    return 'in';
  }

  @Api()
  @UseGuards(RoleGuard)
  @SetMetadata('role', 'writer')
  guardedAbove(): string {
    return 'in';
  }

  @UseInterceptors(Wrap)
  @Api({ output: json() })
  intercepted(input: NdArray): number {
    return input.size;
  }

  @UseFilters(TeapotFilter)
  @Api()
  filtered(): never {
    throw new TeapotError('short and stout');
  }

  @HttpCode(202)
  @Header('x-model', 'iris')
  @Api()
  coded(): { accepted: boolean } {
    return { accepted: true };
  }

  @Version('2')
  @Api('/versioned')
  second(): { version: number } {
    return { version: 2 };
  }

  @Api('/params/:id')
  params(
    @Param('id') id: string,
    greeting: Greeting,
    @Query('q') q: string,
    @Headers('x-role') role: string,
  ): unknown {
    return { id, q, role, name: greeting.name };
  }

  @Api()
  nestBody(@Body() body: unknown): unknown {
    return { body };
  }

  @Api()
  @ApiOperation({ summary: 'Says hello' })
  documented(): string {
    return 'raw text';
  }

  @Api()
  array(input: NdArray): NdArray {
    return input;
  }

  @Api()
  breaks(): never {
    throw new Error('secret detail');
  }
}

@BentoService()
@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  private readonly id = Math.random();

  @Api()
  requestId(): { id: number } {
    return { id: this.id };
  }
}

@UseGuards(RoleGuard)
@SetMetadata('role', 'admin')
@BentoService()
class ClassGuarded {
  constructor(private readonly features: FeatureService) {}

  @Api()
  viaOther(): { text: string } {
    return this.features.greet({ name: 'you' });
  }
}

@UseFilters(TeapotFilter)
@BentoService()
@UseInterceptors(Wrap)
@UsePipes(new ValidationPipe({ forbidNonWhitelisted: true, whitelist: true }))
@ApiTags('decorated')
class ClassDecorated {
  @Api()
  wrappedByClass(greeting: Greeting): string {
    return greeting.name;
  }

  @Api()
  filteredByClass(): never {
    throw new TeapotError('by class');
  }

  @Api()
  pipedByClass(@Query() query: Greeting): unknown {
    return query;
  }
}

@Controller('plain')
class PlainController {
  @Post()
  @HttpCode(200)
  echo(@Body() body: unknown): unknown {
    return { body };
  }

  @Get()
  get(): string {
    return 'plain';
  }
}

let app: NestFastifyApplication;

async function start(): Promise<void> {
  instances = 0;
  inits = 0;
  const feature = BentoModule.forFeature({
    services: [FeatureService, PerRequest, ClassGuarded],
    controllers: [PlainController],
  });
  app = await startApp([feature]);
}

function post(url: string, payload?: unknown, headers: Record<string, string> = {}) {
  const body = payload === undefined ? {} : { payload: JSON.stringify(payload) };
  const type = payload === undefined ? {} : { 'content-type': 'application/json' };
  return app.inject({ method: 'POST', url, headers: { ...type, ...headers }, ...body });
}

afterEach(async () => {
  await app.close();
});

describe('a generated controller', () => {
  it('serves the one instance of the service, whose hooks run once', async () => {
    await start();
    expect([instances, inits]).toEqual([1, 1]);
    expect((await post('/greet', { name: 'Ann' })).json()).toEqual({
      text: 'Hello Ann',
      isDto: true,
    });
  });

  it('answers 200 and not 201, with JSON, text or an array', async () => {
    await start();
    expect((await post('/inherited')).json()).toEqual({ from: 'base' });
    const text = await post('/documented');
    expect([text.statusCode, text.body]).toEqual([200, 'raw text']);
    const array = await post('/array', [[1.5, 2]]);
    expect([array.statusCode, array.body]).toEqual([200, '[[1.5,2]]']);
  });

  it('runs guards above and below @Api, with metadata of method and class', async () => {
    await start();
    const roles = { reader: { 'x-role': 'reader' }, writer: { 'x-role': 'writer' } };
    expect((await post('/guardedBelow', undefined, roles.reader)).statusCode).toBe(200);
    expect((await post('/guardedBelow', undefined, roles.writer)).statusCode).toBe(403);
    expect((await post('/guardedAbove', undefined, roles.writer)).statusCode).toBe(200);
    expect((await post('/guardedAbove', undefined, roles.reader)).statusCode).toBe(403);
  });

  it('runs guards on the class, and injects services into each other', async () => {
    await start();
    expect((await post('/viaOther')).statusCode).toBe(403);
    const answer = await post('/viaOther', undefined, { 'x-role': 'admin' });
    expect(answer.json()).toEqual({ text: 'Hello you', isDto: false });
  });

  it('refuses before it decodes: a bad body behind a closed guard is 403', async () => {
    @BentoService()
    @UseGuards(RoleGuard)
    @SetMetadata('role', 'nobody')
    class Closed {
      @Api()
      closed(input: NdArray): NdArray {
        return input;
      }
    }
    app = await startApp([BentoModule.forFeature({ services: [Closed] })]);
    expect((await post('/closed', 'nope')).statusCode).toBe(403);
  });

  it('keeps interceptors, filters, pipes and tags of the class, above and below @BentoService', async () => {
    app = await startApp([BentoModule.forFeature({ services: [ClassDecorated] })]);
    expect((await post('/wrappedByClass', { name: 'Ann' })).json()).toEqual({ wrapped: 'Ann' });
    expect((await post('/filteredByClass')).json()).toEqual({ short: 'by class' });
    expect((await post('/pipedByClass?name=Ann')).json()).toEqual({ wrapped: { name: 'Ann' } });
    expect((await post('/pipedByClass?name=Ann&x=1')).statusCode).toBe(400);
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    expect(document.paths['/wrappedByClass']?.post?.tags).toEqual(['decorated']);
  });

  it('encodes what interceptors made of the result', async () => {
    await start();
    expect((await post('/intercepted', [1, 2, 3])).body).toBe('{"wrapped":3}');
  });

  it('uses the user’s filters, and Nest’s own answer where there is none', async () => {
    await start();
    const filtered = await post('/filtered');
    expect([filtered.statusCode, filtered.json()]).toEqual([418, { short: 'short and stout' }]);
    const broken = await post('/breaks');
    expect(broken.statusCode).toBe(500);
    expect(broken.body).not.toContain('secret');
  });

  it('keeps @HttpCode and @Header', async () => {
    await start();
    const answer = await post('/coded');
    expect([answer.statusCode, answer.headers['x-model']]).toEqual([202, 'iris']);
  });

  it('keeps Nest’s parameter decorators beside the body', async () => {
    await start();
    const answer = await post('/params/7?q=x', { name: 'Ann' }, { 'x-role': 'r' });
    expect(answer.json()).toEqual({ id: '7', q: 'x', role: 'r', name: 'Ann' });
    expect((await post('/nestBody', { a: 1 })).json()).toEqual({ body: { a: 1 } });
  });

  it('keeps @Version', async () => {
    const feature = BentoModule.forFeature({ services: [FeatureService] });
    app = await createApp([feature]);
    app.enableVersioning({ type: VersioningType.URI });
    app.setGlobalPrefix('api');
    await app.init();
    expect((await post('/api/v2/versioned')).json()).toEqual({ version: 2 });
    expect((await post('/api/versioned')).statusCode).toBe(404);
  });

  it('keeps swagger’s decorators, and names operations by class and method', async () => {
    await start();
    const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').build();
    const document = SwaggerModule.createDocument(app, config);
    expect(document.paths['/documented']?.post).toMatchObject({
      summary: 'Says hello',
      operationId: 'FeatureService_documented',
    });
  });

  it('makes one instance per request of a request-scoped service', async () => {
    await start();
    const ids = await Promise.all([post('/requestId'), post('/requestId')]);
    expect(new Set(ids.map((answer) => answer.body)).size).toBe(2);
  });

  it('leaves plain controllers as they were', async () => {
    await start();
    expect((await post('/plain', { a: [1] })).json()).toEqual({ body: { a: [1] } });
    expect((await app.inject('/plain')).body).toBe('plain');
    const csv = await post('/plain', undefined, { 'content-type': 'text/csv' });
    expect(csv.statusCode).toBe(415);
    const broken = await app.inject({
      method: 'POST',
      url: '/plain',
      headers: { 'content-type': 'application/json' },
      payload: '{',
    });
    expect(broken.statusCode).toBe(400);
  });
});
