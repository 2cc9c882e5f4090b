import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { python } from './python-apps.js';
import { ServedApp } from './served-app.js';

const FLOWER = { sepal_len: 6.2, sepal_width: 3.2, petal_len: 5.2, petal_width: 2.2 };
const ROW = [6.2, 3.2, 5.2, 2.2];
const MODEL = 'test/models/store/models/iris_clf_with_feature_names';

const bodyOf = (schema: string) => ({
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
});

// Their requirements are installed by the mount itself: this one tells whether that can be.
describe.skipIf(python === '').each(['fastapi', 'flask'])('the demo of %s', (name) => {
  let app: ServedApp;

  beforeAll(async () => {
    app = await ServedApp.spawn({ entry: `dist/src/${name}/main.js` });
    await app.untilReady(170_000);
  }, 180_000);

  afterAll(async () => {
    await app.end();
  });

  const json = async (path: string, body: object): Promise<unknown> => {
    const answer = await app.post(path, body);
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.json();
  };

  it('has its npm script', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts[`start:${name}`]).toContain(`--entryFile ${name}/main`);
  });

  it('tells the model, as its tag has it', async () => {
    const version = (await readFile(`${MODEL}/latest`, 'utf8')).trim();
    const answer = await app.get('/metadata');
    expect(await answer.json()).toEqual({ name: 'iris_clf_with_feature_names', version });
  });

  it.runIf(name === 'fastapi')('predicts by the service, and twice by FastAPI', async () => {
    expect(await json('/predict_bentoml', FLOWER)).toEqual([2]);
    expect(await json('/predict_fastapi', FLOWER)).toEqual({ prediction: 2 });
    expect(await json('/predict_fastapi_async', FLOWER)).toEqual({ prediction: 2 });
    // Each has its own way to refuse.
    expect((await app.post('/predict_bentoml', {})).status).toBe(400);
    expect((await app.post('/predict_fastapi', {})).status).toBe(422);
  });

  it.runIf(name === 'fastapi')('has FastAPI’s operations in the API document', async () => {
    const document = (await (await app.get('/docs.json')).json()) as {
      readonly paths: Readonly<
        Record<string, { readonly post?: { readonly tags: readonly string[] } }>
      >;
      readonly components: { readonly schemas: object };
    };
    const { valid, errors } = await new Validator().validate({ ...document });
    expect([valid, errors ?? []]).toEqual([true, []]);
    const own = ['/livez', '/healthz', '/readyz', '/metrics', '/docs.json'];
    const fastapi = ['/metadata', '/predict_fastapi', '/predict_fastapi_async'];
    expect(Object.keys(document.paths)).toEqual(['/predict_bentoml', ...fastapi, ...own]);
    expect(document.paths['/predict_fastapi'].post).toMatchObject({
      tags: ['/*'],
      requestBody: bodyOf('root_IrisFeatures'),
    });
    expect(document.paths['/predict_bentoml'].post).toMatchObject({
      requestBody: bodyOf('IrisFeatures'),
    });
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['IrisFeatures', 'root_IrisFeatures', 'HTTPValidationError']),
    );
  });

  it.runIf(name === 'flask')('predicts by the service and by Flask, of JSON only', async () => {
    expect(await json('/predict_bentoml', [ROW])).toEqual([2]);
    expect(await json('/predict_flask', [ROW])).toEqual([2]);
    const answer = await app.post('/predict_flask', 'x', { 'content-type': 'text/plain' });
    expect([answer.status, await answer.text()]).toEqual([200, 'Content-Type not supported!']);
  });

  it('ends when it is asked to', async () => {
    expect(await app.end()).toBe(0);
  });
});
