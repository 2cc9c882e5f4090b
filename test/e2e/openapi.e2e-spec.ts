import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Validator } from '@seriousme/openapi-schema-validator';
import openapiTS, { astToString } from 'openapi-typescript';
import type { OpenAPI3 } from 'openapi-typescript';
import ts from 'typescript';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { ServedApp } from './served-app.js';

/** Written against nothing but the generated types, as a user's would be. */
const CLIENT = `
import type { components, paths } from './api.js';

type JsonOf<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;
type Operation<Path extends keyof paths> = paths[Path] extends { post: infer Post } ? Post : never;
type Body<Path extends keyof paths> =
  Operation<Path> extends { requestBody: infer Request } ? JsonOf<Request> : never;
type Result<Path extends keyof paths> =
  Operation<Path> extends { responses: { 200: infer Response } } ? JsonOf<Response> : never;

async function call<Path extends keyof paths>(url: string, path: Path, body: Body<Path>) {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Result<Path> };
}

export async function run(url: string) {
  const rows = await call(url, '/classify', [[6.2, 3.2, 5.2, 2.2]]);
  const classes: unknown[] = rows.body;
  const flower = { sepal_len: 6.2, sepal_width: 3.2, petal_len: 5.2, petal_width: 2.2 };
  const one = await call(url, '/v1/models/iris_classifier/predict', flower);
  return { classes, one: one.body };
}

export async function runWrong(url: string) {
  return [
    // @ts-expect-error a row has four numbers
    await call(url, '/classify', [[6.2, 3.2, 5.2]]),
    // @ts-expect-error an element is a number
    await call(url, '/classify', [['6.2', 3.2, 5.2, 2.2]]),
    // @ts-expect-error a field is a number
    await call(url, '/v1/models/iris_classifier/predict', { sepal_len: '6.2', sepal_width: 3.2, petal_len: 5.2, petal_width: 2.2 }),
    // @ts-expect-error a field is missing
    await call(url, '/v1/models/iris_classifier/predict', { sepal_len: 6.2, sepal_width: 3.2, petal_len: 5.2 }),
  ];
}

export function describeError(error: components['schemas']['ErrorBody']): string {
  return error.errorCode + ': ' + error.message;
}

// @ts-expect-error no such route
void (() => call('', '/nothing', []));
`;

interface Client {
  run(url: string): Promise<unknown>;
  runWrong(url: string): Promise<{ status: number; body: unknown }[]>;
  describeError(error: unknown): string;
}

let app: ServedApp;
let folder: string;
let document: OpenAPI3;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bentonest-client-'));
  app = await ServedApp.start();
  document = (await (await app.get('/docs.json')).json()) as OpenAPI3;
});

afterAll(async () => {
  await app.end();
  await rm(folder, { recursive: true, force: true });
});

/** Compiles the client in strict mode; the messages of what is wrong with it. */
function compile(entry: string): string[] {
  const program = ts.createProgram([entry], {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    types: [],
  });
  program.emit();
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

it('the document of the demo is valid OpenAPI 3.1, of all that it serves', async () => {
  const { valid, errors } = await new Validator().validate({ ...document });
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'iris_classifier' } });
  expect(Object.keys(document.paths ?? {})).toEqual([
    '/classify',
    '/v1/models/iris_classifier/predict',
    '/metadata',
    '/livez',
    '/healthz',
    '/readyz',
    '/metrics',
    '/docs.json',
  ]);
});

it('so is that of an application with every descriptor, parts with their types', async () => {
  const every = await ServedApp.start({ entry: 'dist/test/fixtures/every-descriptor-app/main.js' });
  onTestFinished(async () => void (await every.end()));
  const described = (await (await every.get('/docs.json')).json()) as OpenAPI3;
  const { valid, errors } = await new Validator().validate({ ...described });
  expect([valid, errors ?? []]).toEqual([true, []]);
  const contentOf = (path: string): Record<string, { encoding?: unknown }> => {
    const route = described.paths?.[path] as { post: { requestBody: { content: object } } };
    return route.post.requestBody.content as Record<string, { encoding?: unknown }>;
  };
  const { 'application/json': asJson, 'multipart/form-data': asForm } = contentOf('/parameters');
  expect(asJson.encoding).toBeUndefined();
  expect(asForm.encoding).toMatchObject({ shape: { contentType: 'application/json' } });
  expect(contentOf('/form')['multipart/form-data'].encoding).toMatchObject({
    picture: { contentType: expect.stringContaining('image/png') as string },
  });
});

it('a client generated from it type-checks, and calls the demo', async () => {
  const types = await openapiTS(document, { arrayLength: true });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'api.ts'), astToString(types));
  await writeFile(join(folder, 'client.ts'), CLIENT);
  expect(compile(join(folder, 'client.ts'))).toEqual([]);

  const client = (await import(pathToFileURL(join(folder, 'client.js')).href)) as Client;
  expect(await client.run(app.url)).toEqual({ classes: [2], one: [2] });
  const refused = await client.runWrong(app.url);
  expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  for (const { body } of refused) {
    expect(client.describeError(body)).toMatch(/^(INVALID_|VALIDATION_FAILED)\w*: /);
  }
});

it('an error answer has the fields that the document gives it, and no other', async () => {
  const { ErrorBody } = document.components?.schemas ?? {};
  const { properties, required } = ErrorBody as {
    properties: Record<string, unknown>;
    required: string[];
  };
  const answer = await app.post('/classify', [[1, 2]]);
  const fields = Object.keys((await answer.json()) as object);
  expect(Object.keys(properties)).toEqual(expect.arrayContaining(fields));
  expect(fields).toEqual(expect.arrayContaining(required));
});
