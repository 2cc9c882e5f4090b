import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { INFRASTRUCTURE_CONFIG } from '../api-route.js';
import { addressConfig } from '../http/operator-address.js';
import { ApiDocument } from './api-document.js';
import { relativeLink, resolveDocsPaths } from './docs-paths.js';
import type { DocsPaths } from './docs-paths.js';
import { DOCS_OPTIONS } from './docs.options.js';
import type { DocsOptions } from './docs.options.js';
import { ASSET_TYPES, CONTENT_SECURITY_POLICY, readAsset, renderPage } from './swagger-ui.js';
import type { Asset, AssetName } from './swagger-ui.js';

/** For the world: operators have no use of it, and their address has the fewer doors. */
const ROUTE = { config: { ...INFRASTRUCTURE_CONFIG, ...addressConfig('public') } };
const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

/** Serves the API document and Swagger UI, where the application serves nothing itself. */
@Injectable()
export class DocsRoutes implements OnApplicationBootstrap {
  private readonly logger = new Logger('BentoNest');
  private readonly assets = new Map<AssetName, Asset>();
  private written: { readonly document: OpenAPIObject; readonly json: string } | undefined;

  constructor(
    private readonly document: ApiDocument,
    private readonly config: ApplicationConfig,
    private readonly host: HttpAdapterHost,
    @Inject(DOCS_OPTIONS) private readonly options: DocsOptions,
  ) {}

  onApplicationBootstrap(): void {
    const adapter = this.host.httpAdapter as FastifyAdapter | undefined;
    if (adapter?.getType?.() !== 'fastify') return;
    const paths = resolveDocsPaths(this.config, this.options);
    // A plugin is loaded after those that the application registered, so that it sees their routes.
    void adapter.getInstance().register((fastify, _options, done) => {
      this.addDocument(fastify, paths);
      this.addPage(fastify, paths);
      done();
    });
  }

  private addDocument(fastify: FastifyInstance, { document }: DocsPaths): void {
    if (fastify.hasRoute({ method: 'GET', url: document })) {
      this.logger.log(
        `The application serves ${document} itself, so the API document is not there. Set BentoModule.forRoot({ docs: { jsonPath: '/other.json' } }) to have it elsewhere.`,
      );
      return;
    }
    fastify.get(document, ROUTE, async (_request, reply) => {
      const json = this.write(await this.document.read());
      return reply.type(JSON_TYPE).header('cache-control', 'no-cache').send(json);
    });
  }

  private write(document: OpenAPIObject): string {
    if (this.written?.document !== document) {
      this.written = { document, json: JSON.stringify(document) };
    }
    return this.written.json;
  }

  private addPage(fastify: FastifyInstance, paths: DocsPaths): void {
    const { page, document, assets } = paths;
    if (isServed(fastify, page)) {
      this.logger.log(
        `The application serves ${page} itself, so Swagger UI is not there. The API document is at ${document}. Set BentoModule.forRoot({ docs: { path: '/docs' } }) to have the page elsewhere.`,
      );
      return;
    }
    fastify.get(page, ROUTE, async (request, reply) => {
      const { info } = await this.document.read();
      const [path] = request.url.split('?', 1);
      const links = { document: relativeLink(path, document), assets: relativeLink(path, assets) };
      protect(reply);
      return reply
        .type(HTML)
        .header('cache-control', 'no-cache')
        .send(renderPage({ title: info.title, ...links }));
    });
    for (const name of Object.keys(ASSET_TYPES) as AssetName[]) {
      const url = `${assets}/${name}`;
      fastify.get(url, ROUTE, (request, reply) => this.sendAsset(name, request, reply));
    }
  }

  private async sendAsset(
    name: AssetName,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    let asset = this.assets.get(name);
    if (asset === undefined) this.assets.set(name, (asset = await readAsset(name)));
    const { body, contentType, etag } = asset;
    reply.headers({
      etag,
      'cache-control': 'public, max-age=86400',
      'x-content-type-options': 'nosniff',
    });
    if (request.headers['if-none-match'] === etag) return reply.status(304).send();
    return reply.type(contentType).send(body);
  }
}

/** Something that takes every path of the folder takes its index too: a site, a single-page application. */
function isServed(fastify: FastifyInstance, page: string): boolean {
  const folder = page.endsWith('/') ? page : `${page}/`;
  return [page, `${folder}*`, '*'].some((url) => fastify.hasRoute({ method: 'GET', url }));
}

/** What the application's own hooks set, such as helmet's, stands. */
function protect(reply: FastifyReply): void {
  if (reply.hasHeader('content-security-policy')) return;
  void reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
}
