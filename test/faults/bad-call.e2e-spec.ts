import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../e2e/served-app.js';
import { FaultApp } from './fault-app.js';

let app: FaultApp;

beforeAll(async () => {
  app = await FaultApp.start({ runner: { maxBatchSize: 16 }, faults: { batchMs: 100 } });
});

afterAll(() => app.end());

describe('a bad call inside a batch', () => {
  it.each([
    ['with an error of its own', -1, 422, 'BAD_ROW'],
    ['unplanned', 404, 500, 'RUNNER_FAILED'],
  ])('that fails %s fails alone', async (_how, bad, status, errorCode) => {
    const rows = [1, 2, 3, 4, 5, 6, 7, bad];
    // Keeps the only worker busy, so that what is sent meanwhile shares a batch.
    const busy = app.rows('slow', [0]);
    await until(async () => (await app.status()).pending === 1, 2000);
    const responses = await Promise.all(rows.map((row) => app.rows('positive', [row])));
    await busy;
    expect(responses.map((response) => response.status)).toEqual([...Array(7).fill(200), status]);
    const body = await responses[7].text();
    expect(JSON.parse(body)).toMatchObject({ errorCode });
    expect(body).not.toContain('secret');
    expect(await Promise.all(responses.slice(0, 7).map((each) => each.json()))).toEqual(
      rows.slice(0, 7).map((row) => [row]),
    );
    // It was one batch; then each call ran by itself, once.
    const runs = app.journal('run').filter((run) => run.split(' ').includes(String(bad)));
    expect(runs.map((run) => run.split(' ').length)).toEqual([8, 1]);
    console.info(`${rows.length - 1} of ${rows.length} calls succeeded (bound n − 1)`);
  });

  it('takes no later call with it', async () => {
    expect(await (await app.rows('positive', [1])).json()).toEqual([1]);
    expect((await app.status()).restarts).toBe(0);
  });
});

/** An .npy file with this header and these bytes of data. */
function npy(header: string, dataBytes = 12): Uint8Array<ArrayBuffer> {
  const text = `${header}\n`;
  const bytes = new Uint8Array(10 + text.length + dataBytes);
  bytes.set([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length & 0xff, text.length >> 8]);
  bytes.set(Buffer.from(text), 10);
  return bytes;
}

const shaped = (shape: string, descr = '<f4', dataBytes = 12): Uint8Array<ArrayBuffer> =>
  npy(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`, dataBytes);

const NPY_TYPE = { 'content-type': 'application/x-npy' };
const JSON_TYPE = { 'content-type': 'application/json' };

/** A body, and what its answer says was expected and came. */
type Malformed = readonly [
  what: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
  message: RegExp,
];

const MALFORMED: readonly Malformed[] = [
  [
    'too few columns',
    '[[1, 2]]',
    JSON_TYPE,
    /Expected an array of shape \[any, 3\], got \[1, 2\]\. Dimension 1/,
  ],
  [
    'too few dimensions',
    '[1, 2, 3]',
    JSON_TYPE,
    /Expected an array of shape \[any, 3\], got \[3\]\./,
  ],
  ['ragged rows', '[[1, 2, 3], [1, 2]]', JSON_TYPE, /Expected 3 values at index \[1\], got 2\./],
  [
    'strings for numbers',
    '[["a", "b", "c"]]',
    JSON_TYPE,
    /Expected a number at index \[0\]\[0\], got the string/,
  ],
  [
    'null for a number',
    '[[1, null, 3]]',
    JSON_TYPE,
    /Expected a number at index \[0\]\[1\], got null\./,
  ],
  ['an object', '{"rows": 1}', JSON_TYPE, /Expected a number, got an object\./],
  [
    'an infinite number',
    '[[1, 2, 1e999]]',
    JSON_TYPE,
    /Expected a number of at most .* at index \[0\]\[2\], got 1e999\./,
  ],
  ['another dtype', shaped('(1, 3)', '<U3', 36), NPY_TYPE, /Expected .*, got .*(?:string|U3)/],
  [
    'a pickled object',
    shaped('(1, 3)', '|O'),
    NPY_TYPE,
    /Expected a \.npy file of .*, got Python objects/,
  ],
  ['another shape', shaped('(3,)'), NPY_TYPE, /Expected an array of shape \[any, 3\], got \[3\]\./],
  [
    '2^64 rows',
    shaped('(18446744073709551616, 3)'),
    NPY_TYPE,
    /Expected \.npy dimensions from 0 to \d+, got 18446744073709551616\./,
  ],
  [
    'a product of 2^64',
    shaped('(4294967296, 4294967296)'),
    NPY_TYPE,
    /Expected .* less than 2\*\*53 bytes, got the shape \(4294967296, 4294967296\)\./,
  ],
  [
    '2^53 rows',
    shaped('(9007199254740993, 3)'),
    NPY_TYPE,
    /Expected \.npy dimensions from 0 to \d+, got 9007199254740993\./,
  ],
  [
    'a gigabyte that is not there',
    shaped('(100000000, 3)'),
    NPY_TYPE,
    /Expected 1200000000 bytes .*, got 12\./,
  ],
  [
    'a negative dimension',
    shaped('(-1, 3)'),
    NPY_TYPE,
    /Expected \.npy dimensions from 0 to \d+, got -1\./,
  ],
  [
    'two negative dimensions',
    shaped('(-1, -3)'),
    NPY_TYPE,
    /Expected \.npy dimensions from 0 to \d+, got -1\./,
  ],
  [
    'a header that is none',
    npy('import os'),
    NPY_TYPE,
    /Expected '\{' in the \.npy header at character 0, got /,
  ],
  ['no bytes', new Uint8Array(0), NPY_TYPE, /Expected a \.npy file, .*, got no bytes\./],
];

describe('a malformed call', () => {
  /** Address space that the server ever had: memory that is allocated counts before it is written. */
  const peakMb = (): number => {
    const [, kb] =
      /^VmPeak:\s+(\d+) kB/m.exec(readFileSync(`/proc/${app.pid}/status`, 'utf8')) ?? [];
    return Number(kb) / 1024;
  };
  let peakBefore = 0;
  let runsBefore = 0;
  let goodCalls = 0;

  beforeAll(() => {
    if (process.platform === 'linux') peakBefore = peakMb();
    runsBefore = app.journal('run').length;
  });

  it.each(MALFORMED)('with %s is 400 and leaves its neighbours alone', async (...row) => {
    const [, body, headers, message] = row;
    const good = Array.from({ length: 3 }, () => app.served.post('/table', [[1, 2, 3]]));
    const bad = await app.served.post('/table', body, headers);
    const answer = await bad.json();
    expect(bad.status).toBe(400);
    expect(answer).toMatchObject({ message: expect.stringMatching(message) as string });
    for (const response of await Promise.all(good)) {
      expect(await response.json()).toEqual([[1, 2, 3]]);
    }
    goodCalls += good.length;
  });

  it.runIf(process.platform === 'linux')(
    'has nothing allocated for the shape that it claims',
    () => {
      const grownMb = peakMb() - peakBefore;
      console.info(`${grownMb.toFixed(0)} MiB more address space (a claimed shape has 1144)`);
      // Arenas and threads reserve some hundred.
      expect(grownMb).toBeLessThan(1000);
    },
  );

  it('with an input of another name is 400 and says which there are', async () => {
    const rows = [[6.2, 3.2, 5.2, 2.2]];
    const bad = await app.served.post('/named', { name: 'Z', rows });
    expect(bad.status).toBe(400);
    expect(await bad.json()).toMatchObject({
      errorCode: 'INVALID_MODEL_INPUT',
      message: expect.stringMatching(/"?X"?.*"?Z"?|"?Z"?.*"?X"?/) as string,
    });
    expect(await (await app.served.post('/named', { name: 'X', rows })).json()).toEqual([2]);
  });

  it('never reached the Runnable, which ran the rows of the good ones and no other', async () => {
    expect((await app.status()).pending).toBe(0);
    const values = app.journal('run').slice(runsBefore).join(' ');
    expect(values).toBe(Array(goodCalls).fill('1 2 3').join(' '));
  });
});
