import { Injectable } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import {
  ApplicationConfig,
  HttpAdapterHost,
  MetadataScanner,
  ModulesContainer,
} from '@nestjs/core';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import { getApiRoute } from '../api-route.js';
import type { ApiRoute } from '../api-route.js';

export interface ServedRoute {
  /** Name of the service's class. */
  readonly owner: string;
  readonly route: ApiRoute;
}

/** The controllers of the application, for its document. */
@Injectable()
export class ServedRoutes {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
    private readonly host: HttpAdapterHost,
  ) {}

  /** What @nestjs/swagger reads of an application; a provider has the parts and not the whole. */
  asSwaggerSource(): INestApplication {
    const parts = {
      container: { getModules: () => this.modules },
      config: this.config,
      getHttpAdapter: () => this.host.httpAdapter,
    };
    return parts as unknown as INestApplication;
  }

  findRoutes(): ServedRoute[] {
    return [...this.modules.values()]
      .flatMap(({ controllers }) => [...controllers.values()])
      .flatMap(({ metatype }) => (typeof metatype === 'function' ? routesOf(metatype) : []));
  }
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
