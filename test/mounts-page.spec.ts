import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

it('docs/mounts.md shows the Express application of the demo, and how it is mounted', async () => {
  const page = await read('../docs/mounts.md');
  const application = await read('../src/express/express-app.ts');
  expect(page).toContain(application.slice(application.indexOf('/** An Express')).trim());
  const module = await read('../src/express/express.module.ts');
  const [, configure = ''] = /configure\(.*\{\n([^]*?)\n {2}\}\n/.exec(module) ?? [];
  expect(page).toContain(configure.replaceAll(/^ {4}/gm, '').trim());
});
