import { Inject, Injectable } from '@nestjs/common';
import type { INestApplicationContext, INestApplication } from '@nestjs/common';
import {
  ApplicationConfig,
  HttpAdapterHost,
  MetadataScanner,
  ModulesContainer,
} from '@nestjs/core';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { OpenAPIObject } from '@nestjs/swagger';
import { getApiRoute } from '../api-route.js';
import type { ApiRoute } from '../api-route.js';
import { describeApplication } from './application-info.js';
import { schemasOf } from './describe-service.js';
import { relativeLink, resolveDocsPaths } from './docs-paths.js';
import { DOCS_OPTIONS } from './docs.options.js';
import type { DocsOptions } from './docs.options.js';
import { finishDocument } from './finish-document.js';
import type { Schemas } from './finish-document.js';

/**
 * The OpenAPI 3.1 document of the application: its services, its own controllers and the
 * infrastructure. Made when it is first asked for, and kept.
 */
@Injectable()
export class ApiDocument {
  private made: Promise<OpenAPIObject> | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
    private readonly host: HttpAdapterHost,
    @Inject(DOCS_OPTIONS) private readonly options: DocsOptions | false,
  ) {}

  /** The document, the same object each time. The application's prefix and versions must be set. */
  read(): Promise<OpenAPIObject> {
    return (this.made ??= this.make());
  }

  private async make(): Promise<OpenAPIObject> {
    // Not at start: it costs a server more than all else that it loads, and many are never asked.
    const { SwaggerModule } = await import('@nestjs/swagger');
    const routes = this.findRoutes();
    const owners = new Set(routes.map(({ owner }) => owner));
    const services = new Set(routes.map(({ route }) => route.service));
    const options = this.options === false ? {} : this.options;
    const { securitySchemes } = options;
    const { document: path } = resolveDocsPaths(this.config, options);
    const base = {
      openapi: '3.1.0',
      info: describeApplication(options, [...services]),
      // Relative to the document's own address, so that it holds behind a proxy's prefix.
      servers: [{ url: relativeLink(path, '/') }],
      ...(securitySchemes === undefined ? {} : { components: { securitySchemes } }),
    };
    const document = SwaggerModule.createDocument(this.asApplication(), base, {
      operationIdFactory: (controller, method, version) =>
        [controller, method, version].filter(Boolean).join(owners.has(controller) ? '__' : '_'),
    });
    // Plain JSON: what is undefined is not in it, and nothing of it is the decorators'.
    const plain = JSON.parse(JSON.stringify(document)) as OpenAPIObject;
    const schemas = Object.assign({}, ...routes.map(({ route }) => schemasOf(route))) as Schemas;
    return finishDocument(plain, {
      schemas,
      documentPath: this.options === false ? undefined : path,
    });
  }

  /** What @nestjs/swagger reads of an application; a provider has the parts and not the whole. */
  private asApplication(): INestApplication {
    const parts = {
      container: { getModules: () => this.modules },
      config: this.config,
      getHttpAdapter: () => this.host.httpAdapter,
    };
    return parts as unknown as INestApplication;
  }

  private findRoutes(): ServedRoute[] {
    return [...this.modules.values()]
      .flatMap(({ controllers }) => [...controllers.values()])
      .flatMap(({ metatype }) => (typeof metatype === 'function' ? routesOf(metatype) : []));
  }
}

interface ServedRoute {
  /** Name of the service's class. */
  readonly owner: string;
  readonly route: ApiRoute;
}

// oxlint-disable-next-line typescript/no-unsafe-function-type -- as Nest types a controller
function routesOf(controller: Function): ServedRoute[] {
  const prototype = controller.prototype as Readonly<Record<string, object>>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const config: unknown = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, prototype[name]);
    const route = getApiRoute(config);
    return route === undefined ? [] : [{ owner: controller.name, route }];
  });
}

/** The OpenAPI document of an initialised application that imports `BentoModule.forRoot()`. */
export function getApiDocument(app: INestApplicationContext): Promise<OpenAPIObject> {
  return app.get(ApiDocument, { strict: false }).read();
}
