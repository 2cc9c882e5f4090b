import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataFrame, NdArray, encodeArrow, encodeNpy, encodeParquet } from 'bentonest/tensor';
import { ServedApp } from '../e2e/served-app.js';

const RUNS = 10_000;
/** So long until caches, compiled code and the heap have their size: what grows after it is a leak. */
const WARM_UP_RUNS = 10_000;
const MAX_GROWTH_MIB = 20;
const CONCURRENCY = 8;
const MIB = 1024 * 1024;

type Good = readonly [path: string, type: string, body: Buffer, headers?: Record<string, string>];

const SHAPE = '{"kind":"area","width":2,"points":[{"x":1.5,"y":-2},{"x":0,"y":3e2}]}';
const IMAGES = new URL('../fixtures/images/', import.meta.url);
const picture = readFileSync(new URL('alpha.png', IMAGES));
const photo = await sharp(picture).flatten().jpeg().toBuffer();
const form = Buffer.concat([
  part('picture"; filename="a.png', 'image/png', picture),
  part('shape', 'application/json', Buffer.from(SHAPE)),
  part('log"; filename="naïve.log', 'text/plain', Buffer.from('line\r\n')),
  Buffer.from('--x--\r\n'),
]);
const parameters = Buffer.concat([
  part('input', 'application/json', Buffer.from('[[1,2]]')),
  part('shape', 'application/json', Buffer.from(SHAPE)),
  part('threshold', 'text/plain', Buffer.from('0.5')),
  Buffer.from('--x--\r\n'),
]);
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'multipart/form-data; boundary=x';
const RAW_HEADERS = { 'x-ndarray-dtype': 'float32', 'x-ndarray-shape': '2,2' };
const table = DataFrame.from([{ species: 'a', length: 1.5 }, { species: 'b', length: 2 }]); // prettier-ignore
const rows = NdArray.from([[1, 2], [3, 4]], { dtype: 'float32' }); // prettier-ignore

const goods: readonly Good[] = [
  ['/ndarray', JSON_TYPE, Buffer.from('[[1,2.5],[-3e-2,0]]')],
  ['/ndarray', 'application/vnd.npy', Buffer.from(encodeNpy(rows))],
  ['/frame', JSON_TYPE, Buffer.from('[{"species":"a\\u00e9","length":1.5},{"species":"","length":2}]')], // prettier-ignore
  ['/frame', 'text/csv', Buffer.from('species,length\r\n"a ""b""",1.5\r\nc,-2\r\n')],
  ['/series', JSON_TYPE, Buffer.from('[1,2.5,null,-3]')],
  ['/json', JSON_TYPE, Buffer.from(SHAPE)],
  ['/schema', JSON_TYPE, Buffer.from(SHAPE)],
  ['/any', JSON_TYPE, Buffer.from('{"a":[1,{"b":null}],"constructor2":"\\ud83d\\ude00"}')],
  ['/text', 'text/plain', Buffer.from('naïve 名 text')],
  ['/file', 'text/csv', Buffer.from('a,b\n1,2\n')],
  ['/image', 'image/png', picture],
  ['/form', FORM_TYPE, form],
  ['/parameters', FORM_TYPE, parameters],
  ['/ndarray', 'application/octet-stream', Buffer.from(rows.data.buffer), RAW_HEADERS],
  ['/frame', 'application/vnd.apache.arrow.stream', await encodeArrow(table)],
  ['/frame', 'application/vnd.apache.parquet', await encodeParquet(table)],
  ['/image', 'image/jpeg', photo],
  ['/json', JSON_TYPE, gzipSync(SHAPE), { 'content-encoding': 'gzip' }],
  ['/parameters', JSON_TYPE, Buffer.from(`{"input":[[1,2]],"shape":${SHAPE},"threshold":0.5}`)],
];

function part(name: string, type: string, body: Buffer): Buffer {
  const head = `--x\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: ${type}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body, Buffer.from('\r\n')]);
}

/** Pieces that parsers stumble over. */
const TOKENS = ['[', ']', '{', '}', '"', ',', ':', '\\', '-', '1e999', 'NaN', '--x', '\r\n', '\0', '"__proto__":', '"constructor":{"prototype":1}', '[['.repeat(200), '9'.repeat(400), '\xff', '﻿'].map((text) => Buffer.from(text)); // prettier-ignore

interface Edit {
  readonly kind: 'flip' | 'cut' | 'drop' | 'insert' | 'repeat';
  /** Where, as a share of the body. */
  readonly at: number;
  readonly length: number;
  readonly token: Buffer;
}

const edit = fc.record<Edit>({
  kind: fc.constantFrom('flip', 'cut', 'drop', 'insert', 'repeat'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat({ max: 20 }),
  token: fc.oneof(
    fc.constantFrom(...TOKENS),
    fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  ),
});

function apply(body: Buffer, { kind, at, length, token }: Edit): Buffer {
  const from = Math.floor(at * body.length);
  const [before, piece, after] = [
    body.subarray(0, from),
    body.subarray(from, from + length),
    body.subarray(from + length),
  ];
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, piece.map((byte) => byte ^ token[0]), after]);
    case 'cut':
      return before;
    case 'drop':
      return Buffer.concat([before, after]);
    case 'insert':
      return Buffer.concat([before, token, piece, after]);
    case 'repeat':
      return Buffer.concat([before, piece, piece, after]);
  }
}

const mutated = fc
  .tuple(fc.constantFrom(...goods), fc.array(edit, { minLength: 1, maxLength: 3 }))
  .map(([[path, type, body, headers], edits]): Good => [path, type, edits.reduce(apply, body), headers]); // prettier-ignore

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: 'dist/test/fixtures/every-descriptor-app/main.js' });
});

afterAll(async () => {
  await app.end();
});

async function send([path, type, body, headers]: Good): Promise<number> {
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(10_000),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Sends that many, a few at a time, and returns how many there were of each status. */
async function sendMany(bodies: readonly Good[]): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  const queue = bodies.values();
  const sendNext = async (): Promise<void> => {
    for (const body of queue) {
      const status = await send(body);
      const isExpected = status === 200 || (status >= 400 && status < 500);
      // The body that it was, to be sent again by hand.
      expect(isExpected || [status, ...body.slice(0, 2), body[2].toString('base64')]).toBe(true);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, sendNext));
  return statuses;
}

async function state(): Promise<{ rss: number; polluted: boolean }> {
  return (await (await app.get('/state')).json()) as { rss: number; polluted: boolean };
}

it(`${RUNS} mutated bodies give no error of the server, no hang and no growth`, async () => {
  expect(new Set((await sendMany(goods)).keys())).toEqual(new Set([200]));
  const seed = Number(process.env.FUZZ_SEED ?? Date.now());
  console.info(`FUZZ_SEED=${seed} has the same bodies again`);
  const bodies = fc.sample(mutated, { numRuns: RUNS + WARM_UP_RUNS, seed });
  await sendMany(bodies.slice(0, WARM_UP_RUNS));
  const before = await state();
  const statuses = await sendMany(bodies.slice(WARM_UP_RUNS));
  const after = await state();
  const growth = (after.rss - before.rss) / MIB;
  const counts = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
  console.info(`${counts}; memory ${growth.toFixed(1)} MiB more (bound ${MAX_GROWTH_MIB})`);
  expect(statuses.get(200)).toBeGreaterThan(0);
  expect(statuses.get(400)).toBeGreaterThan(0);
  expect(growth).toBeLessThanOrEqual(MAX_GROWTH_MIB);
  expect(after.polluted).toBe(false);
  expect(new Set((await sendMany(goods)).keys())).toEqual(new Set([200]));
  expect(app.output).not.toMatch(/ERROR/);
}, 180_000);
