import { once } from 'node:events';
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { json as readJson, text } from 'node:stream/consumers';
import { Module, UseGuards } from '@nestjs/common';
import type { CanActivate, Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { json } from 'bentonest/io';
import type { StreamedDescriptor } from 'bentonest/io';
import { Api, BentoService, ServingModule, createController } from 'bentonest/serving';
import { describe, expect, it, onTestFinished } from 'vitest';

const LIMIT = 1000;

/** Hands the stream on to the test, and what the test makes of it to the service. */
class Lines implements StreamedDescriptor<string> {
  readonly kind = 'lines';
  readonly contentTypes = ['text/csv', 'application/json', 'text/plain'];
  readonly reads = 'stream';
  readonly decoded: string[] = [];

  constructor(private readonly read: (body: Readable) => Promise<string> = text) {}

  async decode({ contentType, body }: { contentType: string; body: Readable }): Promise<string> {
    this.decoded.push(contentType);
    return this.read(body);
  }

  encode(value: string) {
    return { contentType: 'text/csv', body: value };
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

async function serve(lines: Lines): Promise<string> {
  @BentoService()
  class Streams {
    @Api({ input: lines, output: json() })
    upload(input: string): { got: string } {
      return { got: input };
    }

    @UseGuards(Closed)
    @Api({ input: lines })
    closed(input: string): string {
      return input;
    }

    @Api({ input: json() })
    buffered(input: unknown): unknown {
      return { input };
    }
  }
  const app = await createApp(Streams);
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

async function createApp(service: Type): Promise<NestFastifyApplication> {
  @Module({
    imports: [ServingModule],
    controllers: [createController(service)],
    providers: [service],
  })
  class AppModule {}
  const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
  const adapter = new FastifyAdapter({ bodyLimit: LIMIT });
  return testing.createNestApplication<NestFastifyApplication>(adapter, { logger: false });
}

function open(url: string, headers: Record<string, string> = {}): ClientRequest {
  return request(url, { method: 'POST', headers: { 'content-type': 'text/csv', ...headers } });
}

async function answerOf(sent: ClientRequest): Promise<{ status?: number; body: unknown }> {
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, body: await readJson(answer) };
}

describe('a descriptor that reads a stream', () => {
  it('has the first bytes before the client sends the last', async () => {
    let sendRest = (): void => undefined;
    const lines = new Lines(async (body) => {
      const parts: string[] = [];
      for await (const part of body as AsyncIterable<Buffer>) {
        parts.push(part.toString());
        if (parts.length === 1) sendRest();
      }
      return parts.join('|');
    });
    const sent = open(`${await serve(lines)}/upload`);
    sendRest = () => sent.end('second');
    sent.write('first,');
    expect(await answerOf(sent)).toEqual({ status: 200, body: { got: 'first,|second' } });
  });

  it.each(['text/csv', 'application/json', 'text/plain'])(
    'reads a %s body of known length, whatever parser there is for the type',
    async (type) => {
      const lines = new Lines();
      const url = await serve(lines);
      const headers = { 'content-type': type };
      const answer = await fetch(`${url}/upload`, { method: 'POST', headers, body: 'a,b' });
      expect([answer.status, await answer.json()]).toEqual([200, { got: 'a,b' }]);
      expect(lines.decoded).toEqual([type]);
    },
  );

  it('gets a stream that ends at once where there is no body', async () => {
    const answer = await fetch(`${await serve(new Lines())}/upload`, { method: 'POST' });
    expect(await answer.json()).toEqual({ got: '' });
  });

  it.each(['content-length', 'chunked'])('is cut off at the body limit (%s)', async (how) => {
    const body = 'x'.repeat(LIMIT + 1);
    const url = `${await serve(new Lines())}/upload`;
    const sent = open(url);
    if (how === 'content-length') sent.setHeader('content-length', body.length);
    // Without a length, what end() has would be sent with one.
    else sent.flushHeaders();
    sent.end(body);
    expect(await answerOf(sent)).toMatchObject({ status: 413 });
    const most = open(url);
    most.flushHeaders();
    most.end('x'.repeat(LIMIT));
    expect(await answerOf(most)).toMatchObject({ status: 200 });
  });

  it('reads nothing behind a closed guard, and the server goes on', async () => {
    const lines = new Lines();
    const url = await serve(lines);
    const refused = await fetch(`${url}/closed`, { method: 'POST', body: 'a' });
    expect(refused.status).toBe(403);
    expect(lines.decoded).toEqual([]);
    const headers = { 'content-type': 'application/json' };
    const other = await fetch(`${url}/buffered`, { method: 'POST', headers, body: '[1]' });
    expect(await other.json()).toEqual({ input: [1] });
  });

  it('fails when the client goes away in the middle', async () => {
    let lines = new Lines();
    let sent: ClientRequest | undefined;
    const failure = new Promise((resolve) => {
      lines = new Lines(async (body) => {
        sent?.destroy();
        return text(body).catch((error: Error) => {
          resolve(error);
          throw error;
        });
      });
    });
    sent = open(`${await serve(lines)}/upload`);
    sent.on('error', () => undefined);
    sent.write('first');
    expect(await failure).toMatchObject({ code: 'BODY_ABORTED', statusCode: 499 });
  });
});
