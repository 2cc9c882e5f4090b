import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import type { ModulesContainer } from '@nestjs/core';
import { toRoutePattern } from './route-pattern.js';

interface Candidate {
  readonly owner: string;
  readonly path: string;
}

/**
 * Names the methods of controllers that may serve a route, `PlainController#post`: those of exactly
 * its path or else, since an application's prefix and version stand before it, those it ends with.
 */
export function findHandlers(modules: ModulesContainer, method: string, url: string): string[] {
  const pattern = toRoutePattern(url);
  const candidates = [...modules.values()]
    .flatMap(({ controllers }) => [...controllers.values()])
    .flatMap(({ metatype }) => (typeof metatype === 'function' ? handlersOf(metatype, method) : []))
    .filter(({ path }) => pattern.endsWith(path));
  const exact = candidates.filter(({ path }) => path === pattern);
  const chosen = exact.length === 0 ? candidates : exact;
  return [...new Set(chosen.map(({ owner }) => owner))];
}

// oxlint-disable-next-line typescript/no-unsafe-function-type -- as Nest types a controller
function handlersOf(controller: Function, method: string): Candidate[] {
  const prototype = controller.prototype as Record<string, object>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    const served = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (served === undefined) return [];
    if (served !== RequestMethod.ALL && RequestMethod[served] !== method) return [];
    const owner = `${controller.name}#${name}`;
    return pathsOf(controller).flatMap((prefix) =>
      pathsOf(handler).map((path) => ({ owner, path: toRoutePattern(join(prefix, path)) })),
    );
  });
}

function pathsOf(target: object): string[] {
  const paths = (Reflect.getMetadata(PATH_METADATA, target) ?? '/') as string | string[];
  return [paths].flat();
}

function join(...parts: readonly string[]): string {
  const names = parts.flatMap((part) => part.split('/')).filter((name) => name !== '');
  return `/${names.join('/')}`;
}
