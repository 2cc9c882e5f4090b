import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { json as readJson, text } from 'node:stream/consumers';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { Module, UseGuards } from '@nestjs/common';
import type { CanActivate } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { json } from 'bentonest/io';
import type { StreamedDescriptor } from 'bentonest/io';
import { Api, BentoService, ServingModule, createController } from 'bentonest/serving';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const LIMIT = 100_000;
const VALUE = { text: 'compressed '.repeat(500) };
const BODY = Buffer.from(JSON.stringify(VALUE));

class Streamed implements StreamedDescriptor {
  readonly kind = 'streamed';
  readonly contentTypes = ['application/json'];
  readonly reads = 'stream';

  async decode({ body }: { body: Readable }): Promise<unknown> {
    return JSON.parse(await text(body));
  }

  encode() {
    return { contentType: 'text/plain', body: '' };
  }

  schema() {
    return {};
  }
}

class Closed implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@BentoService()
class Echo {
  @Api({ input: json(), output: json() })
  buffered(input: unknown): unknown {
    return { input };
  }

  @Api({ input: new Streamed(), output: json() })
  streamed(input: unknown): unknown {
    return { input };
  }

  @UseGuards(Closed)
  @Api({ input: new Streamed() })
  closed(input: unknown): unknown {
    return input;
  }
}

@Module({
  imports: [ServingModule],
  controllers: [createController(Echo)],
  providers: [Echo],
})
class AppModule {}

let app: NestFastifyApplication;
let url: string;

beforeAll(async () => {
  const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
  const adapter = new FastifyAdapter({ bodyLimit: LIMIT });
  app = testing.createNestApplication<NestFastifyApplication>(adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});

afterAll(() => app.close());

interface Answer {
  readonly status?: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: {
    readonly input?: unknown;
    readonly message?: string;
    readonly details?: unknown;
  };
}

type Sending = 'chunked' | 'content-length';

async function post(
  path: string,
  encoding: string,
  body: Buffer,
  sending: Sending = 'content-length',
): Promise<Answer> {
  const sent = request(url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-encoding': encoding,
      ...(sending === 'chunked' ? {} : { 'content-length': body.length }),
    },
  });
  // In pieces, as a network brings it.
  const half = body.length >> 1;
  sent.write(body.subarray(0, half));
  sent.end(body.subarray(half));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const { statusCode: status, headers } = answer;
  return { status, headers, body: (await readJson(answer)) as Answer['body'] };
}

describe.each(['/buffered', '/streamed'])('a compressed body of %s', (path) => {
  it.each<[string, Buffer]>([
    ['gzip', gzipSync(BODY)],
    ['GZIP', gzipSync(BODY)],
    ['x-gzip', gzipSync(BODY)],
    ['gzip, identity', gzipSync(BODY)],
    ['br', brotliCompressSync(BODY)],
    ['deflate', deflateSync(BODY)],
    ['identity', BODY],
  ])('is read (%s)', async (encoding, body) => {
    for (const sending of ['content-length', 'chunked'] as const) {
      const answer = await post(path, encoding, body, sending);
      expect([answer.status, answer.body.input]).toEqual([200, VALUE]);
    }
  });

  it.each([1, 2])('may decompress to the limit and not beyond (%i)', async (surplus) => {
    const fits = Buffer.from(JSON.stringify('x'.repeat(LIMIT - 2)));
    expect(fits).toHaveLength(LIMIT);
    expect((await post(path, 'gzip', gzipSync(fits))).status).toBe(200);
    const over = Buffer.from(JSON.stringify('x'.repeat(LIMIT - 2 + surplus)));
    const { status, body } = await post(path, 'gzip', gzipSync(over), 'chunked');
    expect(status).toBe(413);
    expect(body).toMatchObject({
      errorCode: 'BODY_TOO_LARGE',
      details: { maxBytes: LIMIT },
      message: expect.stringContaining(`at most ${LIMIT} bytes`),
    });
  });

  it('is too large, too, by its compressed bytes', async () => {
    // Gzip members of nothing: whatever their number, no byte comes out.
    const empty = gzipSync('');
    const body = Buffer.concat(Array.from({ length: LIMIT / empty.length + 2 }, () => empty));
    for (const sending of ['content-length', 'chunked'] as const) {
      expect((await post(path, 'gzip', body, sending)).status).toBe(413);
    }
  });

  it.each<[string, string, Buffer]>([
    ['gzip', 'bytes that are no gzip', BODY],
    ['gzip', 'cut off', gzipSync(BODY).subarray(0, -9)],
    ['gzip', 'damaged', damage(gzipSync(BODY))],
    ['br', 'bytes that are no brotli', BODY],
    ['br', 'cut off', brotliCompressSync(BODY).subarray(0, -3)],
    ['deflate', 'cut off', deflateSync(BODY).subarray(0, -5)],
    ['deflate', 'without the frame of zlib', deflateRawSync(BODY)],
  ])('is a 400 when it is wrong (%s, %s)', async (encoding, _, body) => {
    const answer = await post(path, encoding, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      errorCode: 'INVALID_BODY',
      message: `Expected a body encoded as ${encoding}, got one that is corrupted or cut off. Compress it again, or send it as it is without content-encoding.`,
    });
  });

  it.each(['zstd', 'gzip, br', 'gzip, gzip', 'constructor', 'aes128gcm'])(
    'is a 415 that names what is read (%s)',
    async (encoding) => {
      const answer = await post(path, encoding, gzipSync(BODY));
      expect([answer.status, answer.headers['accept-encoding']]).toEqual([
        415,
        'gzip, br, deflate',
      ]);
      expect(answer.body).toMatchObject({
        errorCode: 'UNSUPPORTED_CONTENT_ENCODING',
        details: { got: encoding, accepted: ['gzip', 'br', 'deflate'] },
      });
    },
  );
});

it('is not read behind a closed guard, and the server goes on', async () => {
  expect((await post('/closed', 'gzip', gzipSync(BODY))).status).toBe(403);
  expect((await post('/buffered', 'gzip', gzipSync(BODY))).status).toBe(200);
});

function damage(bytes: Buffer): Buffer {
  const damaged = Buffer.from(bytes);
  damaged[damaged.length >> 1] ^= 0xff;
  return damaged;
}
