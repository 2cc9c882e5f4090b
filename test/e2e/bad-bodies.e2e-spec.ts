import { readFileSync, readdirSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedApp } from './served-app.js';

interface BadBody {
  readonly case: string;
  /** Of another route than the table's. */
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** In the place of `body`, where it is no text. */
  readonly base64?: string;
  readonly answer: readonly [
    statusCode: number,
    errorCode: string,
    message: string,
    details?: Readonly<Record<string, unknown>>,
  ];
}

interface Table {
  readonly path: string;
  readonly cases: readonly BadBody[];
}

const FOLDER = new URL('./bad-bodies/', import.meta.url);
const read = (name: string): Table =>
  JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Table;
const tables = readdirSync(FOLDER).map((name) => [name.replace('.json', ''), read(name)] as const);

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: 'dist/test/fixtures/every-descriptor-app/main.js' });
});

afterAll(async () => {
  await app.end();
});

it('every descriptor has its table, of at least ten bodies', () => {
  const names = tables.map(([name]) => name);
  const every = 'file form frame image json ndarray parameters schema series text'.split(' ');
  expect(names.toSorted()).toEqual(every);
  expect(tables.filter(([, { cases }]) => cases.length < 10)).toEqual([]);
});

describe.each(tables)('%s refuses', (_name, table) => {
  it.each(table.cases)('$case', async ({ path = table.path, headers, body, base64, answer }) => {
    const bytes = base64 === undefined ? body : Buffer.from(base64, 'base64');
    const response = await fetch(app.url + path, { method: 'POST', headers, body: bytes });
    const [statusCode, errorCode, message, details] = answer;
    expect(response.status).toBe(statusCode);
    expect(await response.json()).toEqual({
      statusCode,
      error: STATUS_CODES[statusCode],
      message,
      errorCode,
      ...(details === undefined ? {} : { details }),
      requestId: expect.stringMatching(/./) as string,
    });
    expect(await (await app.get('/state')).json()).toMatchObject({ polluted: false });
  });
});

it('nothing of it is an error of the server', () => {
  expect(app.output).not.toMatch(/ERROR|WARN/);
});
