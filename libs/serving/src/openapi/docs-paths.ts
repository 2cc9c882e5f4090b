import { posix } from 'node:path';
import { RequestMethod } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import type { DocsOptions } from './docs.options.js';

/** Where the documentation is, below the application's global prefix. */
export interface DocsPaths {
  readonly page: string;
  readonly document: string;
  /** Folder of Swagger UI's files, without a slash at its end. */
  readonly assets: string;
}

/** Resolves the routes as Nest does those of controllers, what the prefix excludes included. */
export function resolveDocsPaths(config: ApplicationConfig, options: DocsOptions): DocsPaths {
  const { path = '/', jsonPath = '/docs.json' } = options;
  const factory = new RoutePathFactory(config);
  const globalPrefix = posix.join('/', config.getGlobalPrefix());
  const resolve = (methodPath: string): string =>
    factory.create({ methodPath, globalPrefix }, RequestMethod.GET)[0];
  return { page: resolve(path), document: resolve(jsonPath), assets: resolve('/swagger-ui') };
}

/**
 * A link from one path of this server to another that holds behind a proxy too, which may serve all
 * of them under a prefix that the server does not see.
 */
export function relativeLink(from: string, to: string): string {
  const folder = from.endsWith('/') ? from : posix.dirname(from);
  return posix.relative(folder, to) || '.';
}
