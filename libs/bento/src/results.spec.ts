import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { RouteSchema } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Api,
  BentoModule,
  BentoService,
  Context,
  Ctx,
  DataFrame,
  FileUpload,
  NdArray,
  json,
} from './index.js';
import { startApp } from './testing-app.fixture.js';

const RESULTS = {
  array: () => NdArray.from([[1.5]]),
  frame: () => DataFrame.fromRecords([{ a: 1.5 }]),
  string: () => 'a "b"',
  emptyString: () => '',
  nothing: () => null,
  nothingAtAll: () => undefined,
  number: () => 5,
  boolean: () => false,
  list: () => [1, NdArray.from([2n])],
  numeric: () => ({ big: 2n ** 63n, array: NdArray.from([1n]), typed: new Float32Array([0.1]) }),
  buffer: () => Buffer.from('ab'),
  bytes: () => new Uint8Array([0x61, 0x62]),
  readable: () => Readable.from([Buffer.from('ab')]),
  streamable: () => new StreamableFile(Buffer.from('ab'), { type: 'audio/wav' }),
  upload: () =>
    new FileUpload(Readable.from([Buffer.from('ab')]), {
      contentType: 'audio/wav',
      filename: 'a.wav',
    }),
} as const;

type Kind = keyof typeof RESULTS;

@BentoService()
class Results {
  @Api('/sync/:kind', { method: 'GET' })
  sync(@Ctx() { request }: Context): unknown {
    return RESULTS[request.params.kind as Kind]();
  }

  @Api('/async/:kind', { method: 'GET' })
  async async(@Ctx() { request }: Context): Promise<unknown> {
    return Promise.resolve(RESULTS[request.params.kind as Kind]());
  }

  @Api('/typed/:kind', { method: 'GET' })
  typed(@Ctx() { request, response }: Context): unknown {
    response.setHeader('content-type', 'application/vnd.own+json');
    return RESULTS[request.params.kind as Kind]();
  }

  @RouteSchema({
    response: { 200: { type: 'object', properties: { shown: { type: 'number' } } } },
  })
  @Api({ method: 'GET' })
  schema(): unknown {
    return { shown: 1, hidden: 2 };
  }

  @Api({ method: 'GET', output: json() })
  cycle(): unknown {
    const cycle: Record<string, unknown> = {};
    cycle.itself = cycle;
    return cycle;
  }

  @Api()
  fails(@Ctx() { response }: Context): never {
    response.setHeader('content-type', 'image/png').setHeader('x-own', '1');
    response.setCookie('seen', '1');
    response.statusCode = 202;
    throw new Error('secret');
  }
}

let app: NestFastifyApplication;

beforeAll(async () => {
  app = await startApp([BentoModule.forFeature({ services: [Results] })]);
});

afterAll(() => app.close());

const JSON_UTF8 = 'application/json; charset=utf-8';
const TEXT_UTF8 = 'text/plain; charset=utf-8';
const BINARY = 'application/octet-stream';

const WRITTEN: [kind: Kind, type: string | undefined, body: string][] = [
  ['array', JSON_UTF8, '[[1.5]]'],
  ['frame', JSON_UTF8, '[{"a":1.5}]'],
  ['string', TEXT_UTF8, 'a "b"'],
  ['emptyString', TEXT_UTF8, ''],
  ['nothing', undefined, ''],
  ['nothingAtAll', undefined, ''],
  ['number', JSON_UTF8, '5'],
  ['boolean', JSON_UTF8, 'false'],
  ['list', JSON_UTF8, '[1,[2]]'],
  ['numeric', JSON_UTF8, '{"big":9223372036854775808,"array":[1],"typed":[0.1]}'],
  ['buffer', BINARY, 'ab'],
  ['bytes', BINARY, 'ab'],
  ['readable', BINARY, 'ab'],
  ['streamable', 'audio/wav', 'ab'],
  ['upload', 'audio/wav', 'ab'],
];

describe.each(['sync', 'async'])('a result without output, %s', (way) => {
  it.each(WRITTEN)('of the kind %s is %s', async (kind, type, body) => {
    const answer = await app.inject(`/${way}/${kind}`);
    expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([
      200,
      type,
      body,
    ]);
  });

  it('that is empty has the length 0', async () => {
    const { headers } = await app.inject(`/${way}/nothing`);
    expect(headers['content-length']).toBe('0');
  });
});

it.each<Kind>(['string', 'numeric', 'buffer', 'readable'])(
  'the content type that the method set is kept (%s)',
  async (kind) => {
    const answer = await app.inject(`/typed/${kind}`);
    expect(answer.headers['content-type']).toMatch(/^application\/vnd\.own\+json/);
  },
);

it('a file has its name', async () => {
  const { headers } = await app.inject('/sync/upload');
  expect(headers['content-disposition']).toBe('attachment; filename="a.wav"');
});

it('what a schema of the user’s leaves out is not sent', async () => {
  expect((await app.inject('/schema')).body).toBe('{"shown":1}');
});

it('what JSON cannot hold is a 500 that says so', async () => {
  const answer = await app.inject('/cycle');
  expect(answer.json()).toMatchObject({ statusCode: 500, errorCode: 'UNENCODABLE_RESULT' });
});

it('HEAD has the headers of GET', async () => {
  const { headers, body } = await app.inject({ method: 'HEAD', url: '/sync/array' });
  expect([headers['content-type'], headers['content-length'], body]).toEqual([JSON_UTF8, '7', '']);
});

it('an error has its own status and type, and headers and cookies that were set', async () => {
  const { statusCode, headers, body } = await app.inject({ method: 'POST', url: '/fails' });
  expect([statusCode, headers['content-type']]).toEqual([500, JSON_UTF8]);
  expect([headers['x-own'], headers['set-cookie']]).toEqual(['1', ['seen=1; Path=/']]);
  expect(body).not.toContain('secret');
});
