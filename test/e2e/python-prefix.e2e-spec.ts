import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { python, servePython } from './python-apps.js';
import type { ServedApp } from './served-app.js';
import { stripPath } from './stripping-proxy.js';
import type { StrippingProxy } from './stripping-proxy.js';

const STRIPPED = '/models/v2';

let app: ServedApp;
let proxy: StrippingProxy;
let base: string;

describe.skipIf(python === '')(
  'Python applications under a prefix, behind a proxy that strips a path',
  () => {
    beforeAll(async () => {
      app = await servePython({
        WSGI_APP: 'wsgi_app:app',
        SERVE: JSON.stringify({ host: '127.0.0.1' }),
        OPTIONS: JSON.stringify({ trustedProxies: ['127.0.0.1'] }),
        PREFIX: 'api',
      });
      proxy = await stripPath(app.url, STRIPPED);
      ({ base } = proxy);
    }, 120_000);

    afterAll(async () => {
      proxy.close();
      await app.end();
    });

    const json = async (url: string): Promise<unknown> => (await fetch(url)).json();

    it('have moved, with what they call of ours', async () => {
      expect(await json(`${app.url}/api/py/request/x`)).toMatchObject({ root_path: '/api/py' });
      expect((await app.get('/py/pid')).status).toBe(404);
      for (const path of ['py/predict', 'flask/predict']) {
        expect([path, (await fetch(`${base}/api/${path}`)).status]).toEqual([path, 200]);
      }
      const { paths } = (await json(`${base}/api/docs.json`)) as { paths: object };
      expect(Object.keys(paths)).toContain('/api/py/predict');
    });

    it('know the address that their clients have', async () => {
      expect(await json(`${base}/api/py/request/x?y=1`)).toMatchObject({
        root_path: `${STRIPPED}/api/py`,
        url: `${base}/api/py/request/x?y=1`,
      });
      expect(await json(`${base}/api/flask/environ/x`)).toEqual({
        path: '/environ/x',
        script: `${STRIPPED}/api/flask`,
      });
    });

    it.each([
      ['GET', 'py/pid/', 'py/pid'],
      ['POST', 'flask/early', 'flask/early/'],
    ])('redirect to where their clients find them: %s %s', async (method, from, to) => {
      const answer = await fetch(`${base}/api/${from}`, { method, redirect: 'manual' });
      expect([307, 308]).toContain(answer.status);
      const location = new URL(answer.headers.get('location') ?? '', `${base}/api/${from}`);
      expect(location.href).toBe(`${base}/api/${to}`);
    });

    it('have pages with a document that is found', async () => {
      const page = await (await fetch(`${base}/api/py/docs`)).text();
      const [, url = ''] = /url: '([^']+)'/.exec(page) ?? [];
      expect(url).toBe(`${STRIPPED}/api/py/openapi.json`);
      // Its server is the one that FastAPI has named first, to whoever asked then.
      expect(await json(new URL(url, base).href)).toMatchObject({ info: { title: 'FastAPI' } });
    });
  },
);
