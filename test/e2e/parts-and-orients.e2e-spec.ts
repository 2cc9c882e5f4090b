import { fileURLToPath } from 'node:url';
import { DataFrame, NdArray, encodeArrow, encodeNpy, encodeParquet } from 'bentonest/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedApp } from './served-app.js';

const ENTRY = 'dist/test/fixtures/every-descriptor-app/main.js';
const WITHOUT_PEERS = fileURLToPath(
  new URL('../fixtures/every-descriptor-app/without-peers.mjs', import.meta.url),
);
const ARROW = 'application/vnd.apache.arrow.stream';
const PARQUET = 'application/vnd.apache.parquet';

const table = DataFrame.from([{ species: 'a', length: 1.5 }, { species: 'b', length: 2 }]); // prettier-ignore
const rows = NdArray.from([[1, 2], [3, 4.5]], { dtype: 'float32' }); // prettier-ignore

let app: ServedApp;
let bare: ServedApp;

beforeAll(async () => {
  const env = { NODE_OPTIONS: `--import ${WITHOUT_PEERS}` };
  app = await ServedApp.start({ entry: ENTRY });
  bare = await ServedApp.start({ entry: ENTRY, env });
});

afterAll(async () => {
  await app.end();
  await bare.end();
});

function form(
  parts: Readonly<Record<string, readonly [type: string, body: string | Uint8Array<ArrayBuffer>]>>,
) {
  const sent = new FormData();
  for (const [name, [type, body]] of Object.entries(parts)) {
    sent.append(name, new Blob([body], { type }));
  }
  return { method: 'POST', body: sent };
}

describe('a part of a form', () => {
  it('may be an array as .npy', async () => {
    const sent = form({ input: ['application/vnd.npy', new Uint8Array(encodeNpy(rows))] });
    expect(await (await fetch(`${app.url}/arrays`, sent)).text()).toBe('[[1,2],[3,4.5]]');
  });

  it('may be raw bytes, with their dtype and shape in the headers of the part', async () => {
    const lines = [
      '--x',
      'Content-Disposition: form-data; name="input"',
      'Content-Type: application/octet-stream',
      'X-NdArray-DType: float32',
      'X-NdArray-Shape: 2,2',
      '',
    ];
    const body = Buffer.concat([
      Buffer.from(`${lines.join('\r\n')}\r\n`),
      Buffer.from(rows.data.buffer as ArrayBuffer),
      Buffer.from('\r\n--x--\r\n'),
    ]);
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const answer = await fetch(`${app.url}/arrays`, { method: 'POST', headers, body });
    expect(await answer.text()).toBe('[[1,2],[3,4.5]]');
  });

  it.each([
    [ARROW, encodeArrow],
    [PARQUET, encodeParquet],
  ])('may be a table as %s', async (type, encode) => {
    const sent = form({
      table: [type, new Uint8Array(await encode(table))],
      scores: ['application/json', '[1]'],
    });
    expect(await (await fetch(`${app.url}/frames`, sent)).json()).toEqual([2, 1]);
  });
});

describe('a table comes and goes', () => {
  it.each([
    ['/columns', '{"species":{"0":"a","1":"b"},"length":{"0":1.5,"1":2}}'],
    ['/split', '{"columns":["species","length"],"index":[0,1],"data":[["a",1.5],["b",2]]}'],
    ['/index', '{"0":{"species":"a","length":1.5},"1":{"species":"b","length":2}}'],
    ['/values', '[["a",1.5],["b",2]]'],
    ['/frame', '[{"species":"a","length":1.5},{"species":"b","length":2}]'],
  ])('in the orient of %s', async (path, body) => {
    const answer = await app.post(path, body);
    expect(await answer.json()).toEqual(JSON.parse(body));
  });
});

describe('without the optional packages', () => {
  it.each([
    ['/frame', ARROW, 'apache-arrow'],
    ['/frame', PARQUET, 'hyparquet'],
    ['/image', 'image/png', 'sharp'],
  ])('%s says of %s that %s is to be installed', async (path, type, name) => {
    const png = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
    const answer = await bare.post(path, new Uint8Array(png), { 'content-type': type });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({
      errorCode: 'MISSING_PEER',
      message: expect.stringContaining(`Run: npm install ${name}`) as string,
    });
  });

  it('writes say so as well, and all else is served', async () => {
    const body = '[{"species":"a","length":1.5}]';
    const refused = await bare.post('/frame', body, { accept: ARROW });
    expect([refused.status, ((await refused.json()) as Error).message]).toEqual([
      500,
      expect.stringContaining('npm install apache-arrow'),
    ]);
    expect(await (await bare.post('/frame', body)).text()).toBe(body);
  });
});
