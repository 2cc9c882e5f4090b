import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiTimeoutError } from 'bentonest/serving';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Api,
  BentoModule,
  BentoService,
  Context,
  Ctx,
  NdArray,
  json,
  ndarray,
  text,
} from './index.js';
import { startApp } from './testing-app.fixture.js';

/** What a method waits for until the test says so. */
class Gate {
  open = (): void => undefined;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

let gate: Gate;
let ended: Gate;
let aborted: Gate;

function* pieces(): Generator<string> {
  yield 'one ';
  yield 'two';
}

@BentoService()
class Streams {
  @Api({ output: json() })
  *lines(): Generator {
    yield { array: NdArray.from([1.5]), big: 2n ** 63n };
    yield null;
    yield [new Float32Array([0.5])];
  }

  @Api({ output: ndarray() })
  async *arrays(): AsyncGenerator {
    yield Promise.resolve(NdArray.from([[1.5]]));
    yield NdArray.from([[2.5]]);
  }

  @Api({ output: ndarray() })
  *noArray(): Generator {
    yield 'text';
  }

  @Api({ output: text({ contentType: 'text/event-stream' }) })
  *events(): Generator<string> {
    yield 'data: 1\n\n';
    yield 'data: 2\n\n';
  }

  @Api()
  returned(): Generator<string> {
    return pieces();
  }

  @Api()
  async returnedLater(): Promise<Generator<string>> {
    return Promise.resolve(pieces());
  }

  @Api()
  *nothing(): Generator<string> {}

  @Api()
  // oxlint-disable-next-line require-yield -- it fails before its first piece
  *failing(): Generator<string> {
    throw new TypeError('secret');
  }

  @Api({ maxConcurrency: 1 })
  async *alone(): AsyncGenerator<string> {
    try {
      yield 'begun';
      await gate.opened;
    } finally {
      ended.open();
    }
  }

  @Api({ maxConcurrency: 1 })
  aloneReturned(): AsyncGenerator<string> {
    return this.alone();
  }

  @Api({ maxConcurrency: 1, timeoutMs: 20 })
  async *late(): AsyncGenerator<string> {
    await gate.opened;
    yield 'late';
  }

  @Api({ timeoutMs: 20 })
  async *inTime(): AsyncGenerator<string> {
    yield 'begun ';
    await gate.opened;
    yield 'late';
  }

  @Api({ timeoutMs: 20, maxConcurrency: 1 })
  async lateResult(@Ctx() { signal }: Context): Promise<string> {
    signal.addEventListener('abort', () => {
      if (signal.reason instanceof ApiTimeoutError) aborted.open();
    });
    await gate.opened;
    return '';
  }

  @Api()
  async left(@Ctx() context: Context): Promise<string> {
    await gate.opened;
    // First asked for when the client has left already.
    if (context.signal.aborted) aborted.open();
    return '';
  }
}

let app: NestFastifyApplication;

beforeEach(async () => {
  gate = new Gate();
  ended = new Gate();
  aborted = new Gate();
  app = await startApp([BentoModule.forFeature({ services: [Streams] })]);
});

afterEach(async () => {
  gate.open();
  await app.close();
});

const post = (path: string) => app.inject({ method: 'POST', url: `/${path}` });

/** A client that has read the first piece of its answer. */
async function begin(path: string): Promise<IncomingMessage> {
  if (!app.getHttpServer().listening) await app.listen(0, '127.0.0.1');
  const sent = request(`${await app.getUrl()}/${path}`, { method: 'POST' }).end();
  sent.on('error', () => undefined);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  await once(answer, 'readable');
  answer.on('error', () => undefined);
  return answer;
}

describe('what a generator yields', () => {
  it.each([
    ['lines', '{"array":[1.5],"big":9223372036854775808}\nnull\n[[0.5]]\n'],
    ['arrays', '[[1.5]]\n[[2.5]]\n'],
  ])('is written by the output, as lines of JSON (%s)', async (path, body) => {
    const answer = await post(path);
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    expect(answer.body).toBe(body);
  });

  it('is refused where the output cannot write it', async () => {
    const answer = await post('noArray');
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ errorCode: 'UNENCODABLE_RESULT' });
  });

  it('has the media type of text()', async () => {
    const answer = await post('events');
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(answer.body).toBe('data: 1\n\ndata: 2\n\n');
  });

  it.each(['returned', 'returnedLater'])(
    'streams also where the method returns a generator (%s)',
    async (path) => {
      const answer = await post(path);
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(answer.body).toBe('one two');
    },
  );

  it('may be nothing', async () => {
    const answer = await post('nothing');
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
  });

  it('is an error with its own status where it fails before the first', async () => {
    const answer = await post('failing');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
  });
});

describe('limits hold for streams', () => {
  it.each(['alone', 'aloneReturned'])(
    'maxConcurrency until they end, also by their client’s leaving (%s)',
    async (path) => {
      const first = await begin(path);
      expect((await post(path)).statusCode).toBe(429);
      first.destroy();
      // The generator ends when what it waits for is there.
      gate.open();
      await ended.opened;
      await turn();
      const again = await post(path);
      expect([again.statusCode, again.body]).toEqual([200, 'begun']);
    },
  );

  it('timeoutMs until the first piece', async () => {
    const late = await post('late');
    expect(late.statusCode).toBe(504);
    expect(late.json()).toMatchObject({ errorCode: 'API_TIMEOUT' });
    const begun = await begin('inTime');
    // Another one's time is over, so that this one's would be.
    expect((await post('lateResult')).statusCode).toBe(504);
    gate.open();
    const rest = await begun.toArray();
    expect(Buffer.concat(rest as Buffer[]).toString()).toBe('begun late');
  });
});

describe('when the time is over', () => {
  it.each(['late', 'lateResult'])(
    'the method holds its place until it really ends (%s)',
    async (path) => {
      expect((await post(path)).statusCode).toBe(504);
      expect((await post(path)).statusCode).toBe(429);
      gate.open();
      await turn();
      expect((await post(path)).statusCode).toBe(200);
    },
  );

  it('the signal of the context aborts', async () => {
    const answer = await post('lateResult');
    await aborted.opened;
    expect(answer.statusCode).toBe(504);
  });
});

it('the signal of the context is aborted where the client left before it was asked for', async () => {
  await app.listen(0, '127.0.0.1');
  const sent = request(`${await app.getUrl()}/left`, { method: 'POST' }).end();
  sent.on('error', () => undefined);
  const [socket] = (await once(app.getHttpServer(), 'connection')) as [NodeJS.EventEmitter];
  await once(app.getHttpServer(), 'request');
  const closed = once(socket, 'close');
  sent.destroy();
  await closed;
  await turn();
  gate.open();
  await expect(aborted.opened).resolves.toBeUndefined();
});
