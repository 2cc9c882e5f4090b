import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedApp } from './served-app.js';

const FLOWER = { sepal_len: 6.2, sepal_width: 3.2, petal_len: 5.2, petal_width: 2.2 };

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start();
});
afterAll(async () => {
  await app.end();
});

describe.each(['express', 'hono'])('the demo’s %s application', (name) => {
  it('predicts with the runner of the server', async () => {
    const answer = await app.post(`/${name}/predict`, FLOWER);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ prediction: 2 });
  });

  it('tells the model that it serves', async () => {
    const own = await (await app.get('/metadata')).json();
    expect(own).toMatchObject({ name: 'iris_clf' });
    expect(await (await app.get(`/${name}/metadata`)).json()).toEqual(own);
  });

  it('has what the runner refuses answered like everything else', async () => {
    const answer = await app.post(`/${name}/predict`, { sepal_len: 'long' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ statusCode: 400, requestId: expect.any(String) });
  });
});
