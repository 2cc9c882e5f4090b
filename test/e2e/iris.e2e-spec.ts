import { readFile } from 'node:fs/promises';
import { NdArray, decodeNpy, decodeRaw, encodeNpy, encodeRaw } from 'bentonest/tensor';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ServedApp } from './served-app.js';

const FLOWER = [6.2, 3.2, 5.2, 2.2];
const FEATURES = { sepal_len: 6.2, sepal_width: 3.2, petal_len: 5.2, petal_width: 2.2 };
const PREDICT = '/v1/models/iris_classifier/predict';

interface ErrorAnswer {
  readonly statusCode: number;
  readonly message: string;
  readonly errorCode: string;
  readonly requestId: string;
}

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start();
});

afterAll(async () => {
  await app.end();
});

it('GET /metadata tells name and version of the model in the store', async () => {
  const answer = await app.get('/metadata');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ name: 'iris_clf', version: 'qojfx7t2csxcqyz4' });
});

describe('POST /classify', () => {
  it('answers a label for a row', async () => {
    const answer = await app.post('/classify', [FLOWER]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await answer.text()).toBe('[2]');
  });

  it('gives the label that scikit-learn gave, for each of the 150 rows, singly and together', async () => {
    const file = new URL('../models/iris.json', import.meta.url);
    const { rows, labels } = JSON.parse(await readFile(file, 'utf8')) as {
      rows: number[][];
      labels: number[];
    };
    expect(labels).toHaveLength(150);
    const together = await app.post('/classify', rows);
    expect(await together.json()).toEqual(labels);
    const singly = await Promise.all(
      rows.map(async (row) => (await app.post('/classify', [row])).json()),
    );
    expect(singly).toEqual(labels.map((label) => [label]));
  });

  it('reads raw bytes and writes them', async () => {
    const type = 'application/octet-stream';
    const body = new Uint8Array(encodeRaw(NdArray.from([FLOWER, FLOWER], { dtype: 'float32' })));
    const headers = { 'content-type': type, accept: type };
    const raw = await app.post('/classify', body, headers);
    expect(raw.headers.get('x-ndarray-dtype')).toBe('int64');
    expect(raw.headers.get('x-ndarray-shape')).toBe('2');
    expect(decodeRaw(new Uint8Array(await raw.arrayBuffer()), 'int64', [2]).toNested()).toEqual([
      2, 2,
    ]);
    const wrong = await app.post('/classify', body, { ...headers, 'x-ndarray-shape': '2,5' });
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ message: expect.stringContaining('got 32') });
  });

  it.each(['application/vnd.npy', 'application/x-npy'])('reads %s and writes it', async (type) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const body = new Uint8Array(encodeNpy(NdArray.from([FLOWER], { dtype })));
      const asJson = await app.post('/classify', body, { 'content-type': type });
      expect(await asJson.text()).toBe('[2]');
      const asNpy = await app.post('/classify', body, { 'content-type': type, accept: type });
      expect(asNpy.headers.get('content-type')).toBe(type);
      const array = decodeNpy(new Uint8Array(await asNpy.arrayBuffer()));
      expect(array).toMatchObject({ dtype: 'int64', shape: [1] });
      expect(array.toNested()).toEqual([2]);
    }
  });

  it('takes a body whose type is not named as JSON', async () => {
    const answer = await fetch(`${app.url}/classify`, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(JSON.stringify([FLOWER]))),
    });
    expect(await answer.text()).toBe('[2]');
  });
});

describe(`POST ${PREDICT}`, () => {
  it('reads a DTO', async () => {
    const answer = await app.post(PREDICT, FEATURES);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('[2]');
  });

  it('reads a DTO of whole numbers', async () => {
    const whole = { sepal_len: 6, sepal_width: 3, petal_len: 5, petal_width: 2 };
    const answer = await app.post(PREDICT, whole);
    expect([answer.status, await answer.text()]).toEqual([200, '[2]']);
  });

  it('drops a field that the DTO does not have', async () => {
    const answer = await app.post(PREDICT, { ...FEATURES, colour: 'blue' });
    expect(await answer.text()).toBe('[2]');
  });
});

describe('bad input', () => {
  const JSON_TYPE = 'application/json';
  const NO_STACK = /node_modules|\.js:|\\n\s+at /;
  // Each says what was expected and what came.
  it.each<[string, string, string, string, number, RegExp]>([
    [
      'no JSON',
      '/classify',
      'nope',
      JSON_TYPE,
      400,
      /^Expected a number or a list at byte 0, got "n"\. Send nested JSON lists\.$/,
    ],
    [
      'a row too short',
      '/classify',
      '[[1,2,3]]',
      JSON_TYPE,
      400,
      /^Expected an array of shape \[any, 4\], got \[1, 3\]\. Dimension 1 must have 4 values\.$/,
    ],
    [
      'a string among numbers',
      '/classify',
      '[[1,2,3,"x"]]',
      JSON_TYPE,
      400,
      /^Expected a number at index \[0\]\[3\], got the string "x"\.$/,
    ],
    [
      'a number beyond float32',
      '/classify',
      '[[1,2,3,1e999]]',
      JSON_TYPE,
      400,
      /^Expected a number of at most ±3\.4028235e38 \(float32\) at index \[0\]\[3\], got 1e999\.$/,
    ],
    [
      'ragged rows',
      '/classify',
      '[[1,2,3,4],[1,2]]',
      JSON_TYPE,
      400,
      /^Expected 4 values at index \[1\], got 2\. Lists of one level must have the same length\.$/,
    ],
    [
      'lists too deep',
      '/classify',
      '['.repeat(50),
      JSON_TYPE,
      400,
      /^Expected lists nested at most 32 deep, got deeper at index \[0\]\[0\]\[0\]\[0\]… /,
    ],
    [
      'an empty body',
      '/classify',
      '',
      JSON_TYPE,
      400,
      /^The body is empty\. Send nested JSON lists\.$/,
    ],
    [
      'a wrong type',
      '/classify',
      'a,b',
      'text/csv',
      415,
      /^Expected a body of type application\/json or .*, got text\/csv\. Set the content-type header\.$/,
    ],
    [
      'text',
      '/classify',
      'a',
      'text/plain',
      415,
      /^Expected a body of type application\/json or .*, got text\/plain\. /,
    ],
    [
      'a broken .npy',
      '/classify',
      'nope',
      'application/x-npy',
      400,
      /^Expected a \.npy file, which starts with "\\x93NUMPY", got "nope"\. /,
    ],
    [
      'no JSON for a DTO',
      PREDICT,
      '{',
      JSON_TYPE,
      400,
      /^Expected a JSON body\. It is malformed at character 1\.$/,
    ],
    [
      'an empty body for a DTO',
      PREDICT,
      '',
      JSON_TYPE,
      400,
      /^Expected a JSON body, got an empty one\. Send a JSON object\.$/,
    ],
    [
      'a list for a DTO',
      PREDICT,
      '[1]',
      JSON_TYPE,
      400,
      /^Expected a JSON object, got a list of 1\.$/,
    ],
    [
      'a wrong type for a DTO',
      PREDICT,
      '<a/>',
      'text/xml',
      415,
      /^Expected a body of type application\/json, got text\/xml\. /,
    ],
    [
      'a missing field',
      PREDICT,
      JSON.stringify({ ...FEATURES, petal_len: undefined }),
      JSON_TYPE,
      400,
      /^petal_len must be a number.*, got nothing\.$/,
    ],
    [
      'a string where a number belongs',
      PREDICT,
      JSON.stringify({ ...FEATURES, petal_width: 'wide' }),
      JSON_TYPE,
      400,
      /^petal_width must be a number.*, got the string "wide"\.$/,
    ],
    [
      'a field beyond float64',
      PREDICT,
      JSON.stringify({ ...FEATURES, petal_len: 0 }).replace(':0', ':1e999'),
      JSON_TYPE,
      400,
      /^Expected numbers within .* at petal_len, got one beyond\. /,
    ],
    [
      // The service made an array of the fields: only their index is known there.
      'a field beyond float32',
      PREDICT,
      JSON.stringify({ ...FEATURES, petal_len: 1e39 }),
      JSON_TYPE,
      400,
      /^Expected a number of at most .* \(float32\) at index \[0\]\[2\], got number 1e\+39\.$/,
    ],
    [
      'a prototype key',
      PREDICT,
      '{"__proto__":{"a":1}}',
      JSON_TYPE,
      400,
      /^Expected a JSON body\. Object contains forbidden prototype property\.$/,
    ],
  ])('is named: %s', async (_name, path, body, type, status, message) => {
    const answer = await app.post(path, body, { 'content-type': type });
    const error = (await answer.json()) as ErrorAnswer;
    expect(error).toMatchObject({ statusCode: status, requestId: expect.any(String) as string });
    expect(error.message).toMatch(message);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(JSON.stringify(error)).not.toMatch(NO_STACK);
  });

  it('puts no stack into the log, and hurts nobody else', async () => {
    const good = JSON.stringify([FLOWER]);
    const requests: [path: string, body: string, type: string, status: number][] = [
      ['/classify', 'nope', JSON_TYPE, 400],
      ['/classify', '[[1,2,3]]', JSON_TYPE, 400],
      ['/classify', '[', JSON_TYPE, 400],
      ['/classify', '', JSON_TYPE, 400],
      ['/classify', 'nope', 'application/x-npy', 400],
      ['/classify', 'a,b', 'text/csv', 415],
      ['/classify', 'a,b', 'text/plain', 415],
      [PREDICT, '{', JSON_TYPE, 400],
      [PREDICT, '{"sepal_len":"long"}', JSON_TYPE, 400],
      [PREDICT, JSON.stringify({ ...FEATURES, petal_len: 1e39 }), JSON_TYPE, 400],
      [PREDICT, '<a/>', 'text/xml', 415],
      ['/classify', good, JSON_TYPE, 200],
    ];
    const own = await ServedApp.start();
    onTestFinished(async () => {
      await own.end();
    });
    const sent = Array.from({ length: 20 }, () => requests).flat();
    const answers = await Promise.all(
      sent.map(([path, body, type]) => own.post(path, body, { 'content-type': type })),
    );
    expect(answers.map(({ status }) => status)).toEqual(sent.map(([, , , status]) => status));
    expect(own.output).toContain('Nest application successfully started');
    expect(own.complaints).toEqual([]);
    expect(own.output).not.toMatch(/\n\s+at /);
  });

  it('answers 250,000 nested lists at once', async () => {
    const deep = '['.repeat(250_000);
    const answers = await Promise.all([app.post('/classify', deep), app.post(PREDICT, deep)]);
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
  });
});

describe('infrastructure', () => {
  it.each(['/livez', '/readyz', '/healthz'])('answers GET %s', async (path) => {
    const answer = await app.get(path);
    expect([answer.status, await answer.text()]).toEqual([200, '\n']);
  });

  it('counts requests and their time by route template, failures too', async () => {
    await app.post('/classify', [FLOWER]);
    await app.post('/classify', 'nope');
    await app.get('/nowhere/1');
    await app.get('/nowhere/2');
    const metrics = await (await app.get('/metrics')).text();
    const labels = 'service_name="iris_classifier",service_version=""';
    for (const code of [200, 400]) {
      const series = `{endpoint="/classify",http_response_code="${code}",${labels}}`;
      expect(metrics).toContain(`bentoml_api_server_request_total${series}`);
      expect(metrics).toContain(`bentoml_api_server_request_duration_seconds_count${series}`);
    }
    expect(metrics).toMatch(/request_total\{endpoint="",http_response_code="404".*\} 2/);
    expect(metrics).not.toContain('nowhere');
    expect(metrics).toContain('process_cpu_user_seconds_total');
  });

  it('answers what nothing serves with 405 or 404, without touching a service', async () => {
    expect((await app.get('/classify')).status).toBe(405);
    expect((await app.post('/nope', [FLOWER])).status).toBe(404);
  });
});
