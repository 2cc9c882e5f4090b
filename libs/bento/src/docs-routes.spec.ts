import { Controller, Get, Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Api, BentoService } from 'bentonest/serving';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { BentoModule } from './bento.module.js';
import type { BentoExtras } from './bento.options.js';
import { createApp } from './testing-app.fixture.js';

@BentoService()
class Rooted {
  @Api('/')
  predict(): string {
    return 'predicted';
  }
}

@Controller()
class OwnPages {
  @Get()
  home(): string {
    return 'home';
  }

  @Get('docs.json')
  docs(): object {
    return { mine: true };
  }
}

interface Options extends BentoExtras {
  readonly controllers?: (new () => object)[];
  readonly prepare?: (app: NestFastifyApplication) => void;
}

async function start({ controllers = [], prepare, ...extras }: Options = {}) {
  const feature = BentoModule.forFeature({ services: [Rooted], controllers });
  const app = await createApp([feature], extras);
  onTestFinished(() => app.close());
  prepare?.(app);
  return app.init();
}

const get = (app: NestFastifyApplication, url: string, headers: Record<string, string> = {}) =>
  app.inject({ method: 'GET', url, headers });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the API document and Swagger UI', () => {
  it('are served with nothing asked for, beside an API at the same path', async () => {
    const app = await start();
    const document = await get(app, '/docs.json');
    expect(document.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(document.json()).toMatchObject({ openapi: '3.1.0', paths: { '/': { post: {} } } });
    const page = await get(app, '/');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toContain('data-document="docs.json"');
    expect((await app.inject({ method: 'POST', url: '/' })).body).toBe('predicted');
  });

  it('link from the page to files that are there, and to nothing elsewhere', async () => {
    const app = await start({ docs: { path: '/ui/page', jsonPath: '/api/openapi.json' } });
    const { body } = await get(app, '/ui/page');
    const links = [...body.matchAll(/(?:src|href|data-document)="([^"]+)"/g)].map(
      ([, link]) => link,
    );
    expect(links).toHaveLength(5);
    const base = new URL('http://here/ui/page');
    for (const link of links) {
      const { host, pathname } = new URL(link, base);
      expect(host).toBe('here');
      expect([pathname, (await get(app, pathname)).statusCode]).toEqual([pathname, 200]);
    }
  });

  it('have files with their types, which browsers may keep', async () => {
    const app = await start();
    const script = await get(app, '/swagger-ui/swagger-ui-bundle.js');
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=86400',
      'x-content-type-options': 'nosniff',
    });
    const etag = String(script.headers.etag);
    const again = await get(app, '/swagger-ui/swagger-ui-bundle.js', { 'if-none-match': etag });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    expect((await get(app, '/swagger-ui/favicon-32x32.png')).headers['content-type']).toBe(
      'image/png',
    );
    for (const path of [
      '/swagger-ui/package.json',
      '/swagger-ui/../package.json',
      '/swagger-ui/',
    ]) {
      expect([path, (await get(app, path)).statusCode]).toEqual([path, 404]);
    }
  });

  it('are off with docs: false', async () => {
    const app = await start({ docs: false });
    for (const path of ['/docs.json', '/swagger-ui/init.js']) {
      expect([path, (await get(app, path)).statusCode]).toEqual([path, 404]);
    }
    // The service has the same path under POST.
    const page = await get(app, '/');
    expect([page.statusCode, page.headers.allow]).toEqual([405, 'POST']);
  });

  it('follow the global prefix', async () => {
    const app = await start({ prepare: (each) => each.setGlobalPrefix('api') });
    expect((await get(app, '/api/docs.json')).json()).toHaveProperty('openapi', '3.1.0');
    expect((await get(app, '/api')).body).toContain('data-document="api/docs.json"');
    expect((await get(app, '/')).statusCode).toBe(404);
  });

  it('show a title as text, whatever is in it', async () => {
    const app = await start({ docs: { title: '</title><script>"&' } });
    expect((await get(app, '/')).body).toContain(
      '<title>&lt;/title&gt;&lt;script&gt;&quot;&amp;</title>',
    );
  });

  it("leave a Content-Security-Policy that is the application's", async () => {
    const own = await start({
      prepare: (app) => {
        const fastify = app.getHttpAdapter().getInstance();
        fastify.addHook('onRequest', (_request, reply, done) => {
          void reply.header('content-security-policy', "default-src 'none'");
          done();
        });
      },
    });
    expect((await get(own, '/')).headers['content-security-policy']).toBe("default-src 'none'");
    const policy = (await get(await start(), '/')).headers['content-security-policy'];
    expect(policy).toContain("default-src 'self'");
  });
});

describe("the application's own routes", () => {
  it('of a controller win, and the log says how to move ours', async () => {
    const log = vi.spyOn(Logger.prototype, 'log');
    const app = await start({ controllers: [OwnPages] });
    expect((await get(app, '/')).body).toBe('home');
    expect((await get(app, '/docs.json')).json()).toEqual({ mine: true });
    const lines = log.mock.calls.map(([line]) => String(line));
    expect(lines.find((line) => line.includes("docs: { path: '/docs' }"))).toContain('/docs.json');
    expect(lines.some((line) => line.includes("docs: { jsonPath: '/other.json' }"))).toBe(true);
  });

  it.each(['/', '/*'])('of a plugin win, at %s', async (url) => {
    const app = await start({
      prepare: (each) => {
        // Not awaited: it is loaded when the application listens.
        void each.register((fastify, _options, done) => {
          fastify.get(url, (_request, reply) => reply.send('site'));
          done();
        });
      },
    });
    expect((await get(app, '/')).body).toBe('site');
    expect((await get(app, '/docs.json')).json()).toHaveProperty('openapi');
  });

  it('leave room for the page elsewhere', async () => {
    const app = await start({ controllers: [OwnPages], docs: { path: '/docs' } });
    expect((await get(app, '/')).body).toBe('home');
    expect((await get(app, '/docs')).body).toContain('data-document="docs.json"');
  });
});
