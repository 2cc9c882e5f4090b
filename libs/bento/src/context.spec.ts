import { setTimeout as sleep } from 'node:timers/promises';
import { HttpCode, Param, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api, BentoModule, BentoService, Context, Ctx, NdArray, json, ndarray } from './index.js';
import { startApp } from './testing-app.fixture.js';

class Note {
  @IsString() text: string;
}

const state = { ended: 0 };

@BentoService()
class Contexts {
  @Api()
  several(input: NdArray, note: Note, threshold: number = 0.5): unknown {
    return { sum: input.toNested(), isNote: note instanceof Note, threshold };
  }

  @Api({ input: { x: ndarray({ dtype: 'float32' }), y: json() } })
  named(first: NdArray, second: unknown): unknown {
    return { dtype: first.dtype, second };
  }

  @Api({ input: { only: ndarray() } })
  single(input: NdArray): NdArray {
    return input;
  }

  @Api()
  shout(input: string): string {
    return input.toUpperCase();
  }

  @Api()
  bytesOf(input: Buffer): unknown {
    return { bytes: [...input] };
  }

  @Api({ output: json() })
  nothingInJson(): null {
    return null;
  }

  @Api('/models/:name', { method: 'GET' })
  model(@Param('name') name: string, @Query('verbose') verbose: string): unknown {
    return { name, verbose };
  }

  @Api('/models/:name', { method: 'DELETE' })
  removal(@Param('name') name: string): string {
    return `removed ${name}`;
  }

  @Api('/context/:id')
  context(note: Note, @Ctx() { request, response, signal }: Context): string {
    response.statusCode = 202;
    response.setHeader('x-note', note.text);
    response.setCookie('seen', 'a b', { maxAge: 60, httpOnly: true, sameSite: 'lax' });
    response.setCookie('other', '1');
    const { method, url, headers, query, params } = request;
    return JSON.stringify([method, url, headers['x-own'], query, params, signal.aborted]);
  }

  @Api()
  nothing(): null {
    return null;
  }

  @Api()
  @HttpCode(204)
  void(): void {}

  @Api()
  bytes(): Buffer {
    return Buffer.from([1, 2]);
  }

  @Api()
  *counting(): Generator<string> {
    try {
      yield 'one ';
      yield 'two';
    } finally {
      state.ended++;
    }
  }

  @Api()
  async *countingLater(): AsyncGenerator<object> {
    yield { n: 1 };
    await sleep(1);
    yield { n: 2 };
  }

  @Api({ timeoutMs: 40 })
  async slow(): Promise<string> {
    await sleep(400);
    return 'late';
  }

  @Api({ maxConcurrency: 1 })
  async alone(): Promise<string> {
    await sleep(50);
    return 'alone';
  }
}

let app: NestFastifyApplication;

beforeAll(async () => {
  app = await startApp([BentoModule.forFeature({ services: [Contexts] })]);
});

afterAll(async () => {
  await app.close();
});

const post = (url: string, payload?: object, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url, payload, headers });

describe('several parameters', () => {
  it('are the values of one JSON object', async () => {
    const answer = await post('/several', { note: { text: 'a' }, input: [1, 2] });
    expect(answer.json()).toEqual({ sum: [1, 2], isNote: true, threshold: 0.5 });
    const all = await post('/several', { note: { text: 'a' }, input: [1], threshold: 0.25 });
    expect(all.json()).toMatchObject({ threshold: 0.25 });
  });

  it('are refused by name', async () => {
    const answer = await post('/several', { note: { text: 1 }, input: [1] });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      errorCode: 'VALIDATION_FAILED',
      message: expect.stringContaining('note: text must be a string') as string,
    });
    const missing = await post('/several', { note: { text: 'a' } });
    expect(missing.json()).toMatchObject({ details: { parameter: 'input' } });
  });

  it('have the names that input gives them', async () => {
    const answer = await post('/named', { x: [1], y: { any: ['thing'] } });
    expect(answer.json()).toEqual({ dtype: 'float32', second: { any: ['thing'] } });
    expect((await post('/single', { only: [1, 2] })).json()).toEqual([1, 2]);
  });
});

describe('one parameter', () => {
  const send = (url: string, payload: string | Buffer, type: string) =>
    app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });

  it('of type string is the text of the body, of type Buffer its bytes', async () => {
    const shouted = await send('/shout', 'grüezi', 'text/plain');
    expect([shouted.body, shouted.headers['content-type']]).toEqual([
      'GRÜEZI',
      'text/plain; charset=utf-8',
    ]);
    const bytes = await send('/bytesOf', Buffer.from([1, 255]), 'application/octet-stream');
    expect(bytes.json()).toEqual({ bytes: [1, 255] });
  });
});

describe('other methods and routes', () => {
  it('GET and DELETE share a path that has a parameter', async () => {
    const got = await app.inject('/models/iris?verbose=1');
    expect(got.json()).toEqual({ name: 'iris', verbose: '1' });
    const removed = await app.inject({ method: 'DELETE', url: '/models/iris' });
    expect(removed.body).toBe('removed iris');
  });
});

describe('@Ctx()', () => {
  it('reads the request, and sets status, headers and cookies', async () => {
    const answer = await post('/context/7?a=1&a=2', { text: 'hi' }, { 'x-own': 'me' });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers['x-note']).toBe('hi');
    expect(answer.headers['set-cookie']).toEqual([
      'seen=a%20b; Path=/; Max-Age=60; HttpOnly; SameSite=Lax',
      'other=1; Path=/',
    ]);
    const url = '/context/7?a=1&a=2';
    expect(answer.json()).toEqual(['POST', url, 'me', { a: ['1', '2'] }, { id: '7' }, false]);
  });
});

describe('results without a descriptor', () => {
  it('null is an empty body, a Buffer binary', async () => {
    const nothing = await post('/nothing');
    expect([nothing.statusCode, nothing.body]).toEqual([200, '']);
    expect((await post('/nothingInJson')).body).toBe('');
    expect((await post('/void')).statusCode).toBe(204);
    const bytes = await post('/bytes');
    expect(bytes.headers['content-type']).toBe('application/octet-stream');
    expect(bytes.rawPayload).toEqual(Buffer.from([1, 2]));
  });

  it('generators stream, and are ended', async () => {
    const text = await post('/counting');
    expect(text.headers['content-type']).toMatch(/^text\/plain/);
    expect(text.body).toBe('one two');
    expect(state.ended).toBe(1);
    const lines = await post('/countingLater');
    expect(lines.headers['content-type']).toMatch(/^application\/x-ndjson/);
    expect(
      lines.body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([{ n: 1 }, { n: 2 }]);
  });
});

describe('limits', () => {
  it('timeoutMs answers 504', async () => {
    const answer = await post('/slow');
    expect(answer.statusCode).toBe(504);
    expect(answer.json()).toMatchObject({ errorCode: 'API_TIMEOUT' });
  });

  it('maxConcurrency answers 429 with Retry-After, and frees its places', async () => {
    const answers = await Promise.all([post('/alone'), post('/alone')]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 429]);
    expect(answers[1].headers['retry-after']).toBe('1');
    expect((await post('/alone')).statusCode).toBe(200);
  });
});
