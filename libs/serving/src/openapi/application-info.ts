import { readFileSync } from 'node:fs';
import type { ServiceMetadata } from '../bento-service.decorator.js';
import type { DocsOptions } from './docs.options.js';

interface Info {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
}

/** The title and version of the document: what the user said, the only service's, the application's. */
export function describeApplication(
  { title, version, description }: DocsOptions,
  services: readonly ServiceMetadata[],
): Info {
  const application = readPackage();
  const [service, ...others] = services;
  const only = others.length === 0 ? service : undefined;
  return {
    title: title ?? only?.name ?? application.name ?? 'BentoNest',
    version: version ?? (only?.version || application.version || '0.0.0'),
    ...(description === undefined ? {} : { description }),
  };
}

/** The package.json of the folder that the server was started in, if it has one. */
function readPackage(): { readonly name?: string; readonly version?: string } {
  try {
    return JSON.parse(readFileSync('package.json', 'utf8')) as object;
  } catch {
    return {};
  }
}
