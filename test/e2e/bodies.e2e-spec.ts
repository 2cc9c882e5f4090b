import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { request } from 'node:http';
import type { ClientRequest } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedApp, until } from './served-app.js';

const MIB = 1024 * 1024;
const BODY_LIMIT = 128 * MIB;
const IMAGES = new URL('../fixtures/images/', import.meta.url);
const curl = promisify(execFile);

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({
    entry: 'dist/test/fixtures/bodies-app/main.js',
    env: { BODY_LIMIT: String(BODY_LIMIT) },
  });
});

afterAll(async () => {
  await app.end();
});

function send(
  path: string,
  body: string | Uint8Array<ArrayBuffer> | FormData,
  type?: string,
  accept = '*/*',
): Promise<Response> {
  const headers: Record<string, string> =
    type === undefined ? { accept } : { accept, 'content-type': type };
  return fetch(app.url + path, { method: 'POST', headers, body });
}

async function messageOf(answer: Response): Promise<[status: number, message: string]> {
  return [answer.status, ((await answer.json()) as { message: string }).message];
}

/** A request that is not sent whole before the test says so. */
function open(path: string, type: string): ClientRequest {
  const sent = request(app.url + path, { method: 'POST', headers: { 'content-type': type } });
  sent.on('error', () => undefined);
  return sent;
}

/** A client that goes on sending when it has its answer: Node's own does not. */
class RawConnection {
  readonly socket: Socket;
  private received = '';

  constructor(url: string) {
    this.socket = connect(Number(new URL(url).port), '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.socket.on('data', (bytes) => (this.received += bytes.toString()));
  }

  get statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => Number(status));
  }

  begin(path: string): void {
    const headers = 'host: x\r\ncontent-type: audio/wav\r\ntransfer-encoding: chunked';
    this.socket.write(`POST ${path} HTTP/1.1\r\n${headers}\r\n\r\n`);
  }

  /** Writes chunks until that much is sent, or the server has closed. */
  async write(bytes: number): Promise<void> {
    const chunk = Buffer.from(`${MIB.toString(16)}\r\n${'x'.repeat(MIB)}\r\n`);
    for (let sent = 0; sent < bytes && !this.socket.destroyed; sent += MIB) {
      await new Promise((resolve) => this.socket.write(chunk, resolve));
    }
  }
}

function form(parts: Readonly<Record<string, string | Blob>>): FormData {
  const sent = new FormData();
  for (const [name, value] of Object.entries(parts)) sent.append(name, value);
  return sent;
}

/** Temporary files that the server holds open. */
function temporaryFiles(): string[] {
  const fds = `/proc/${app.process.pid}/fd/`;
  return readdirSync(fds).flatMap((fd) => {
    try {
      const path = readlinkSync(fds + fd);
      return path.includes('bentonest-part-') ? [path] : [];
    } catch {
      return [];
    }
  });
}

it('a URL that no router can decode has Fastify’s own shape, without frameworkErrors', async () => {
  const answer = await fetch(`${app.url}/%`);
  expect([answer.status, await answer.json()]).toEqual([
    400,
    expect.objectContaining({ code: 'FST_ERR_BAD_URL', statusCode: 400, error: 'Bad Request' }),
  ]);
});

describe('text', () => {
  it('comes and goes as UTF-8', async () => {
    const answer = await send('/shout', 'hällo');
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await answer.text()).toBe('HÄLLO');
    const broken = await send('/shout', new Uint8Array([0x61, 0xff]), 'text/plain');
    expect(await messageOf(broken)).toEqual([
      400,
      'Expected text in UTF-8, got the byte 0xff at byte 1. Encode the text as UTF-8.',
    ]);
    expect((await send('/shout', 'a', 'text/plain; charset=latin1')).status).toBe(415);
    expect((await send('/shout', 'x'.repeat(101))).status).toBe(400);
  });

  it('streams from an async generator, piece by piece', async () => {
    const answer = await send('/stream', 'a b c');
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const pieces: string[] = [];
    const decoder = new TextDecoder();
    for await (const piece of answer.body ?? []) pieces.push(decoder.decode(piece as Uint8Array));
    // On its way, two pieces may become one; all three only if nothing was sent before the end.
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe('data: a\n\ndata: b\n\ndata: c\n\n');
  });

  it('that breaks off is no whole answer', async () => {
    const answer = await send('/breakOff', 'a');
    await expect(answer.text()).rejects.toThrow('terminated');
    expect((await send('/shout', 'a')).status).toBe(200);
  });
});

describe('files', () => {
  it('are read as they come: 100 MB take no memory', async () => {
    const bytes = Buffer.alloc(100_000_000, 'bentonest');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const rss = async () => ((await (await app.post('/usage')).json()) as { rss: number }).rss;
    await send('/digest', bytes.subarray(0, 10 * MIB), 'audio/wav');
    const before = await rss();
    let most = 0;
    let isDone = false;
    const watch = until(async () => {
      most = Math.max(most, await rss());
      return isDone;
    }, 25_000);
    const answer = await send('/digest', bytes, 'audio/wav');
    expect(await answer.json()).toEqual({
      contentType: 'audio/wav',
      size: bytes.length,
      bytes: bytes.length,
      sha256,
    });
    const asPart = await send('/both', form({ first: new Blob([bytes]), second: 'x' }));
    expect(await asPart.json()).toMatchObject({ first: { sha256 }, second: { bytes: 1 } });
    isDone = true;
    await watch;
    // What is collected late; a body that is kept would take its 95 MiB twice.
    expect(most - before).toBeLessThan(64 * MIB);
  });

  it('are refused by type and size', async () => {
    expect(await messageOf(await send('/small', 'a', 'video/mp4'))).toEqual([
      415,
      'Expected a body of type text/csv or audio/*, got video/mp4. Set the content-type header.',
    ]);
    const tooLarge = [413, 'Expected a file of at most 1000 bytes, got more.'];
    expect(await messageOf(await send('/small', 'x'.repeat(1001), 'audio/wav'))).toEqual(tooLarge);
    expect((await send('/small', 'x'.repeat(1000), 'audio/wav')).status).toBe(200);
  });

  it.each(['/small', '/ignore'])(
    'that are not read to their end cost the connection nothing (%s)',
    async (path) => {
      const connection = new RawConnection(app.url);
      for (let i = 1; i <= 3; i++) {
        connection.begin(path);
        await connection.write(5 * MIB);
        connection.socket.write('0\r\n\r\n');
        const status = path === '/small' ? 413 : 200;
        await until(() => connection.statuses.length === i, 5000);
        expect(connection.statuses).toEqual(Array(i).fill(status));
      }
      connection.socket.destroy();
    },
  );

  it('beyond the body limit are answered, then cut off', async () => {
    const connection = new RawConnection(app.url);
    connection.begin('/digest');
    await connection.write(2 * BODY_LIMIT);
    expect(connection.statuses).toEqual([413]);
    await until(() => connection.socket.closed, 5000);
    // What the system keeps on its way comes on top of what the server has read.
    expect(connection.socket.bytesWritten).toBeLessThan(BODY_LIMIT + 32 * MIB);
  });

  it('go out as attachments, bytes and streams', async () => {
    const answer = await send('/echo', 'abc', 'audio/wav');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'audio/wav',
      'content-length': '3',
      'content-disposition': `attachment; filename="na_ve ___.bin"; filename*=UTF-8''na%C3%AFve%20%22%E5%90%8D%22.bin`,
    });
    expect(await answer.text()).toBe('abc');
    const bytes = await app.post('/bytes', '3');
    expect(bytes.headers.get('content-type')).toBe('application/x-sqlite3');
    expect(new Uint8Array(await bytes.arrayBuffer())).toEqual(new Uint8Array([7, 7, 7]));
    const [status, message] = await messageOf(await app.post('/noBytes'));
    expect([status, message]).toEqual([500, expect.stringContaining('must return a FileUpload')]);
  });
});

describe('images', () => {
  it('are arrays to the service, and go out in the type that the client prefers', async () => {
    const body = readFileSync(new URL('rotated.jpg', IMAGES));
    for (const [accept, format] of [
      ['*/*', 'png'],
      ['image/webp,image/*;q=0.8', 'webp'],
      ['image/avif', 'heif'],
    ]) {
      const answer = await send('/mirror', body, 'image/jpeg', accept);
      const { width, height, ...got } = await sharp(
        Buffer.from(await answer.arrayBuffer()),
      ).metadata();
      expect([width, height, got.format]).toEqual([16, 32, format]);
    }
  });

  it('are refused by type, size and bytes', async () => {
    const send400 = async (body: Buffer, type = 'image/png') =>
      messageOf(await send('/lightness', new Uint8Array(body), type));
    expect((await send400(Buffer.from('a'), 'image/jpeg'))[0]).toBe(415);
    expect((await send400(readFileSync(new URL('rotated.jpg', IMAGES))))[0]).toBe(415);
    const create = { width: 101, height: 100, channels: 3, background: 'red' } as const;
    expect(await send400(await sharp({ create }).png().toBuffer())).toEqual([
      413,
      'Expected an image of at most 10000 pixels, got 101 × 100. Send a smaller one.',
    ]);
    expect(await send400(Buffer.from('<svg/>'))).toEqual([
      400,
      'Expected an image, got something else. Send the bytes of an image file.',
    ]);
    const good = await send('/lightness', readFileSync(new URL('alpha.png', IMAGES)), 'image/png');
    expect(await good.json()).toEqual({ shape: [2, 3], first: 76 });
  });
});

describe('forms', () => {
  it('come from fetch and from curl', async () => {
    const path = new URL('alpha.png', IMAGES);
    const image = new Blob([readFileSync(path)], { type: 'image/png' });
    const expected = { shape: [2, 3, 3], threshold: 0.5 };
    const answer = await send('/judge', form({ threshold: '{"value":0.5}', image }));
    expect(await answer.json()).toEqual(expected);
    const args = [
      '-sS',
      '-m',
      '10',
      '-F',
      `image=@${path.pathname}`,
      '-F',
      'threshold={"value":0.5}',
    ];
    const { stdout } = await curl('curl', [...args, `${app.url}/judge`]);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  it('are refused by the part', async () => {
    const image = new Blob([readFileSync(new URL('alpha.png', IMAGES))], { type: 'image/png' });
    const threshold = '{"value":"high"}';
    expect((await messageOf(await send('/judge', form({ image, threshold }))))[1]).toMatch(
      /^threshold: value must be a number/,
    );
    expect(
      await messageOf(await send('/judge', form({ threshold: '{"value":1}', image: 'x' }))),
    ).toEqual([
      400,
      'image: Expected an image, got something else. Send the bytes of an image file.',
    ]);
    const many = form({});
    for (let i = 0; i < 11; i++) many.append('x', 'y');
    expect((await send('/neither', many)).status).toBe(413);
    expect((await send('/neither', 'x', 'multipart/form-data')).status).toBe(400);
    expect((await send('/neither', '{}', 'application/json')).status).toBe(415);
  });

  it('leave no temporary file, read or not', async () => {
    const long = new Blob(['x'.repeat(MIB)]);
    const answers = await Promise.all(
      ['/both', '/neither'].flatMap((path) =>
        [form({ first: long, second: long }), form({ first: long })].map((body) =>
          send(path, body),
        ),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 200, 400]);
    await Promise.all(answers.map((answer) => answer.text()));
    await until(() => temporaryFiles().length === 0, 5000);
  });

  it('leave no temporary file when the client goes away, and no error in the log', async () => {
    const sent = open('/both', 'multipart/form-data; boundary=x');
    sent.write('--x\r\ncontent-disposition: form-data; name="first"\r\n\r\n');
    sent.write(Buffer.alloc(5 * MIB));
    await until(() => temporaryFiles().length === 1, 5000);
    sent.destroy();
    await until(() => temporaryFiles().length === 0, 5000);
    const file = open('/digest', 'audio/wav');
    await new Promise((resolve) => file.write(Buffer.alloc(MIB), resolve));
    file.destroy();
    expect((await send('/shout', 'a')).status).toBe(200);
    expect(app.output).not.toMatch(/aborted|ABORTED|closed the connection|ECONNRESET/);
  });

  it('go out as what fetch reads', async () => {
    // oxlint-disable-next-line typescript/no-deprecated -- what clients use
    const answer = await (await app.post('/answer')).formData();
    expect(answer.get('scores')).toBe('[0.25,0.5]');
    const picture = answer.get('picture') as File;
    expect(picture.type).toBe('image/png');
    expect(
      await sharp(Buffer.from(await picture.arrayBuffer()))
        .raw()
        .toBuffer(),
    ).toEqual(Buffer.alloc(12, 9));
    expect(await (answer.get('log') as File).text()).toBe('done');
  });
});
