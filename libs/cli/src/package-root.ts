import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PACKAGE_JSON = createRequire(import.meta.url).resolve('bentonest/package.json');

/** The folder of the installed package, which is the same for its sources and for what is built of them. */
export const PACKAGE_ROOT = dirname(PACKAGE_JSON);

/** What `bentonest new` writes from, and the schematics. */
export const TEMPLATES = join(PACKAGE_ROOT, 'libs/cli/templates');

export interface OwnPackage {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

export function readOwnPackage(): OwnPackage {
  return JSON.parse(readFileSync(PACKAGE_JSON, 'utf8')) as OwnPackage;
}
