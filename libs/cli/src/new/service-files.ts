import type { Spellings } from './names.js';
import { renderTemplates } from './templates.js';
import type { RenderedFile } from './templates.js';

/** What kind of project the service goes into. */
export interface ServiceStyle {
  /** ES modules, as `nest new` makes them; else CommonJS. @default true */
  readonly esm?: boolean;
  /** The test runner whose globals need no import is jest. @default 'vitest' */
  readonly testRunner?: 'vitest' | 'jest';
  /** @default true */
  readonly spec?: boolean;
}

/** A service, its Runnable, the module that registers both, and a spec. */
export function serviceFiles(
  spellings: Spellings,
  { esm = true, testRunner = 'vitest', spec = true }: ServiceStyle = {},
): RenderedFile[] {
  const runnable = `${spellings.kebab}.runnable`;
  const files = renderTemplates('service', {
    ...spellings,
    extension: esm ? '.js' : '',
    imports: esm ? '' : "import { pathToFileURL } from 'node:url';\n",
    runnable: esm
      ? `new URL('./${runnable}.js', import.meta.url)`
      : `pathToFileURL(require.resolve('./${runnable}'))`,
    testing: testRunner === 'vitest' ? "import { expect, it } from 'vitest';\n" : '',
  });
  return spec ? files : files.filter(({ path }) => !path.endsWith('.spec.ts'));
}
