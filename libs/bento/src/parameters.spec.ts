import {
  Headers,
  Param,
  ParseIntPipe,
  Query,
  Req,
  Res,
  createParamDecorator,
} from '@nestjs/common';
import type { ExecutionContext, PipeTransform } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsInt, IsString } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api, BentoModule, BentoService, NdArray, json } from './index.js';
import { startApp } from './testing-app.fixture.js';

const Caller = createParamDecorator((header: string, context: ExecutionContext) =>
  String(context.switchToHttp().getRequest<FastifyRequest>().headers[header]),
);

class Later implements PipeTransform<string, Promise<string>> {
  async transform(value: string): Promise<string> {
    return Promise.resolve(`later ${value}`);
  }
}

class Note {
  @IsString() text: string;
}

class Counted {
  @IsInt() count: number;
}

@BentoService()
class Parameters {
  @Api('/own/:id')
  own(@Caller('x-caller') caller: string, note: Note, @Caller('x-other') other: string): unknown {
    return { caller, text: note.text, isNote: note instanceof Note, other };
  }

  @Api('/piped/:id')
  piped(
    @Param('id', ParseIntPipe) id: number,
    @Query('q', Later, new Later()) q: string,
    input: NdArray,
    @Caller('x-caller', Later) caller: string,
  ): unknown {
    return { id, q, sum: input.toNested(), caller };
  }

  @Api()
  request(
    note: Note,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers() headers: Record<string, string>,
  ): unknown {
    void reply.header('x-note', note.text);
    return { url: request.url, agent: headers['user-agent'] === request.headers['user-agent'] };
  }

  @Api()
  onlyRequest(@Req() request: FastifyRequest): string {
    return request.method;
  }

  @Api({ input: json(Note, { forbidUnknown: true }) })
  strict(note: Note): Note {
    return note;
  }

  @Api()
  lenient(note: Note): Note {
    return note;
  }

  @Api()
  asInt32({ count }: Counted): NdArray {
    return NdArray.from([[count]], { dtype: 'int32' });
  }

  @Api()
  asFloat32({ count }: Counted): NdArray {
    return NdArray.from([[count]], { dtype: 'float32' });
  }
}

let app: NestFastifyApplication;

beforeAll(async () => {
  app = await startApp([BentoModule.forFeature({ services: [Parameters] })]);
});

afterAll(async () => {
  await app.close();
});

async function post(url: string, payload?: string | object, headers: Record<string, string> = {}) {
  const type = payload === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await app.inject({
    method: 'POST',
    url,
    headers: { ...type, ...headers },
    payload,
  });
  return { status: answer.statusCode, body: answer.body, headers: answer.headers };
}

describe('beside the body a method may have', () => {
  it('decorators of its user’s own', async () => {
    const headers = { 'x-caller': 'ann', 'x-other': 'bob' };
    const { status, body } = await post('/own/1', { text: 'hi' }, headers);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ caller: 'ann', text: 'hi', isNote: true, other: 'bob' });
  });

  it('pipes on parameters, several and asynchronous ones too', async () => {
    const { body } = await post('/piped/7?q=x', '[1,2]', { 'x-caller': 'ann' });
    expect(JSON.parse(body)).toEqual({
      id: 7,
      q: 'later later x',
      sum: [1, 2],
      caller: 'later ann',
    });
    const refused = await post('/piped/seven', '[1,2]');
    expect(refused.status).toBe(400);
    expect(refused.body).toContain('numeric string is expected');
  });

  it('the request, the reply and all headers', async () => {
    const { body, headers } = await post('/request?a=1', { text: 'noted' });
    expect(JSON.parse(body)).toEqual({ url: '/request?a=1', agent: true });
    expect(headers['x-note']).toBe('noted');
    expect((await post('/onlyRequest')).body).toBe('POST');
  });
});

describe('a DTO', () => {
  const NOTE = { text: 'hi', colour: 'blue' };

  it('drops fields that it does not have, or refuses them by name where that is asked for', async () => {
    expect((await post('/lenient', NOTE)).body).toBe('{"text":"hi"}');
    expect((await post('/strict', { text: 'hi' })).body).toBe('{"text":"hi"}');
    const { status, body } = await post('/strict', NOTE);
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      errorCode: 'VALIDATION_FAILED',
      message: 'colour: property colour should not exist, got the string "blue".',
      details: { errors: [{ field: 'colour' }] },
    });
  });

  it('names an integer field that is none', async () => {
    const { status, body } = await post('/asInt32', { count: 1.5 });
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      errorCode: 'VALIDATION_FAILED',
      message: 'count must be an integer number, got the number 1.5.',
    });
  });

  // The field's name is lost where the method makes an array of it: the index must say it.
  it.each([
    ['/asInt32', 2 ** 31, 'a whole number from -2147483648 to 2147483647 (int32)'],
    ['/asInt32', 1e39, 'a whole number from -2147483648 to 2147483647 (int32)'],
    ['/asFloat32', 1e39, 'a number of at most ±3.4e38 (float32)'],
  ])('%s answers 400 with the index for %d', async (url, count, expected) => {
    const { status, body } = await post(url, { count });
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      errorCode: 'INVALID_NDARRAY',
      message: `Expected ${expected} at index [0][0], got number ${count}.`,
      details: { index: [0, 0] },
    });
    const fits = await post(url, { count: 3 });
    expect([fits.status, fits.body]).toEqual([200, '[[3]]']);
  });
});
