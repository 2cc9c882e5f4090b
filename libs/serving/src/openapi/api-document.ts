import { Inject, Injectable } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { describeApplication } from './application-info.js';
import { schemasOf } from './describe-service.js';
import { relativeLink, resolveDocsPaths } from './docs-paths.js';
import { DOCS_OPTIONS } from './docs.options.js';
import type { DocsOptions } from './docs.options.js';
import { finishDocument } from './finish-document.js';
import type { Schemas } from './finish-document.js';
import { mergeDocuments } from './merge-document.js';
import type { MountedDocument } from './merge-document.js';
import { MountedDocuments } from './mounted-documents.js';
import { ServedRoutes } from './served-routes.js';

/**
 * The OpenAPI 3.1 document of the application: its services, its own controllers, the infrastructure, and
 * mounted applications that describe themselves. Made when it is first asked for, and kept, once all of
 * these have answered.
 */
@Injectable()
export class ApiDocument {
  private made: Promise<OpenAPIObject> | undefined;
  private hasOperators = false;

  constructor(
    private readonly served: ServedRoutes,
    private readonly mounted: MountedDocuments,
    private readonly config: ApplicationConfig,
    @Inject(DOCS_OPTIONS) private readonly options: DocsOptions | false,
  ) {}

  /** The server has an address of the operators: what is only there is not described to the world. */
  leaveToOperators(): void {
    this.hasOperators = true;
    this.made = undefined;
  }

  /**
   * The document, the same object each time unless a mounted application was down. The application's prefix
   * and versions must be set.
   */
  read(): Promise<OpenAPIObject> {
    return (this.made ??= this.make());
  }

  private async make(): Promise<OpenAPIObject> {
    // Not at start: it costs a server more than all else that it loads, and many are never asked.
    const { SwaggerModule } = await import('@nestjs/swagger');
    const routes = this.served.findRoutes();
    const owners = new Set(routes.map(({ owner }) => owner));
    const services = new Set(routes.map(({ route }) => route.service));
    const options = this.options === false ? {} : this.options;
    const { securitySchemes } = options;
    const { document: path, page } = resolveDocsPaths(this.config, options);
    const base = {
      openapi: '3.1.0',
      info: describeApplication(options, [...services]),
      // Relative to the document's own address, so that it holds behind a proxy's prefix.
      servers: [{ url: relativeLink(path, '/') }],
      ...(securitySchemes === undefined ? {} : { components: { securitySchemes } }),
    };
    const document = SwaggerModule.createDocument(this.served.asSwaggerSource(), base, {
      operationIdFactory: (controller, method, version) =>
        [controller, method, version].filter(Boolean).join(owners.has(controller) ? '__' : '_'),
    });
    // Plain JSON: what is undefined is not in it, and nothing of it is the decorators'.
    const plain = JSON.parse(JSON.stringify(document)) as OpenAPIObject;
    const schemas = Object.assign({}, ...routes.map(({ route }) => schemasOf(route))) as Schemas;
    const isServed = this.options !== false;
    const whole = mergeDocuments(plain, await this.readMounts(options), {
      schemas: Object.keys(schemas),
      paths: isServed ? [path, page] : [],
    });
    const documentPath = isServed ? path : undefined;
    return finishDocument(whole, { schemas, documentPath, hasOperators: this.hasOperators });
  }

  private async readMounts({ mounts = true }: DocsOptions): Promise<readonly MountedDocument[]> {
    if (!mounts) return [];
    const { documents, isWhole } = await this.mounted.read();
    // One that is down now is asked again.
    if (!isWhole) this.made = undefined;
    return documents;
  }
}

/** The OpenAPI document of an initialised application that imports `BentoModule.forRoot()`. */
export function getApiDocument(app: INestApplicationContext): Promise<OpenAPIObject> {
  return app.get(ApiDocument, { strict: false }).read();
}
