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
import type { ServiceMetadata } from '../bento-service.decorator.js';
import { describeApplication } from './application-info.js';
import { relativeLink, resolveDocsPaths } from './docs-paths.js';
import { DOCS_OPTIONS } from './docs.options.js';
import type { DocsOptions } from './docs.options.js';
import { finishDocument } from './finish-document.js';

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
    const services = this.findServices();
    const options = this.options === false ? {} : this.options;
    const { document: path } = resolveDocsPaths(this.config, options);
    const base = {
      openapi: '3.1.0',
      info: describeApplication(options, [...new Set(services.values())]),
      // Relative to the document's own address, so that it holds behind a proxy's prefix.
      servers: [{ url: relativeLink(path, '/') }],
      components: { securitySchemes: options.securitySchemes },
    };
    const document = SwaggerModule.createDocument(this.asApplication(), base, {
      operationIdFactory: (controller, method, version) =>
        [controller, method, version].filter(Boolean).join(services.has(controller) ? '__' : '_'),
    });
    // Plain JSON: what is undefined is not in it, and nothing of it is the decorators'.
    const plain = JSON.parse(JSON.stringify(document)) as OpenAPIObject;
    return finishDocument(plain, this.options === false ? undefined : path);
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

  /** Services by the name of their class. */
  private findServices(): Map<string, ServiceMetadata> {
    const services = new Map<string, ServiceMetadata>();
    const controllers = [...this.modules.values()].flatMap((module) => [
      ...module.controllers.values(),
    ]);
    for (const { metatype } of controllers) {
      const prototype = metatype?.prototype as Record<string, object>;
      for (const method of new MetadataScanner().getAllMethodNames(prototype)) {
        const config: unknown = Reflect.getMetadata(
          FASTIFY_ROUTE_CONFIG_METADATA,
          prototype[method],
        );
        const route = getApiRoute(config);
        if (route !== undefined) services.set(metatype?.name ?? '', route.service);
      }
    }
    return services;
  }
}

/** The OpenAPI document of an initialised application that imports `BentoModule.forRoot()`. */
export function getApiDocument(app: INestApplicationContext): Promise<OpenAPIObject> {
  return app.get(ApiDocument, { strict: false }).read();
}
