import {
  DataFrame,
  decodeArrow,
  decodeParquet,
  encodeArrow,
  encodeParquet,
  parseCsvFrame,
  parseJsonFrame,
} from 'bentonest/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServedApp } from './served-app.js';

const JSON_TYPE = 'application/json';
const CSV = 'text/csv';
const ARROW = 'application/vnd.apache.arrow.stream';
const PARQUET = 'application/vnd.apache.parquet';
const BINARY = 'application/octet-stream';

const FLOATS = { length: 'float32', width: 'float32', area: 'float32' } as const;
const ROWS = [
  { width: 0.5, length: 1.5, species: 'setosa', id: 1 },
  { width: 2, length: null, species: 'süß, "sweet"', id: 2 },
];
const FRAME = DataFrame.from(ROWS);
const EXPECTED = DataFrame.from(
  [
    { species: 'setosa', length: 1.5, width: 0.5, area: 0.75 },
    { species: 'süß, "sweet"', length: null, width: 2, area: null },
  ],
  { dtypes: FLOATS },
);

const BODIES: Readonly<Record<string, () => string | Promise<Buffer>>> = {
  [JSON_TYPE]: () => JSON.stringify(ROWS),
  [CSV]: () => 'id,species,length,width\r\n1,setosa,1.5,.5\r\n2,"süß, ""sweet""",,2\r\n',
  [ARROW]: () => encodeArrow(FRAME),
  [PARQUET]: () => encodeParquet(FRAME),
  [BINARY]: () => encodeParquet(FRAME),
};

const READERS: Readonly<Record<string, (body: Buffer) => DataFrame | Promise<DataFrame>>> = {
  [JSON_TYPE]: (body) => parseJsonFrame(body, { dtypes: { ...FLOATS, species: 'string' } }),
  [CSV]: (body) => parseCsvFrame(body, { dtypes: { ...FLOATS, species: 'string' } }),
  [ARROW]: (body) => decodeArrow(body),
  [PARQUET]: (body) => decodeParquet(body),
  [BINARY]: (body) => decodeParquet(body),
};

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: 'dist/test/fixtures/frame-app/main.js' });
});

afterAll(() => app.end());

async function post(type: string, accept: string): Promise<Response> {
  const body = await BODIES[type]();
  const bytes = typeof body === 'string' ? body : new Uint8Array(body);
  return app.post('/area', bytes, { 'content-type': type, accept });
}

const pairs = Object.keys(BODIES).flatMap((type) =>
  Object.keys(READERS).map((accept) => [type, accept] as const),
);

it.each(pairs)('reads %s and answers %s', async (type, accept) => {
  const answer = await post(type, accept);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')?.split(';')[0]).toBe(accept);
  const frame = await READERS[accept](Buffer.from(await answer.arrayBuffer()));
  expect(frame.toRecords()).toEqual(EXPECTED.toRecords());
  expect(frame.equals(EXPECTED)).toBe(true);
});

it('answers JSON where nothing is asked for', async () => {
  const answer = await post(CSV, '*/*');
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await answer.text()).toContain(
    '{"species":"setosa","length":1.5,"width":0.5,"area":0.75}',
  );
});

it.each([
  [JSON_TYPE, '[{"species":"x","length":1}]', 'INVALID_DATAFRAME', 'a column "width"'],
  [CSV, 'species,length,width\nx,1,y\n', 'INVALID_DATAFRAME', 'in row 0 of column "width"'],
  [ARROW, 'nonsense', 'INVALID_DATAFRAME', 'Expected an Arrow IPC stream'],
  [PARQUET, 'nonsense', 'INVALID_DATAFRAME', 'Expected a Parquet file'],
  [BINARY, 'nonsense', 'INVALID_BODY', 'Expected a Parquet file as application/octet-stream'],
])('tells the client what is wrong with its %s', async (type, body, errorCode, message) => {
  const answer = await app.post('/area', body, { 'content-type': type });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({
    errorCode,
    message: expect.stringContaining(message) as string,
  });
});

it('refuses other types of bodies', async () => {
  expect((await app.post('/area', 'x', { 'content-type': 'text/plain' })).status).toBe(415);
});

it('reads and writes one column', async () => {
  expect(await (await app.post('/halve', '[3, null]')).text()).toBe('[1.5,null]');
  const refused = await app.post('/halve', '[3, "x"]');
  expect(await refused.json()).toMatchObject({
    statusCode: 400,
    message: 'Expected a number (float64) in row 1 of column "price", got the string "x".',
  });
});
