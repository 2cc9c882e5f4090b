import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { ROOT, bentonest, temporaryFolder } from './cli-process.js';

const lib = (name: string): string =>
  pathToFileURL(join(ROOT, `dist/libs/${name}/src/index.js`)).href;

async function serve(code: string) {
  const folder = await temporaryFolder(onTestFinished);
  await writeFile(join(folder, 'main.mjs'), code);
  await writeFile(join(folder, 'main.js'), "await import('./main.mjs');\n");
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return bentonest(['serve', 'main.js'], { cwd: folder });
}

it('a mistake in a decorator is one line, with the place of it', async () => {
  const { code, stdout, stderr } = await serve(
    `import { ndarray } from '${lib('io')}';\n\nndarray({ dtype: 'flaot32' });\n`,
  );
  expect(stderr).toMatch(/^bentonest: .*"flaot32".* \(main\.mjs:3\)\n$/);
  expect([code, stdout]).toEqual([1, '']);
});

it('what is no such mistake keeps its stack', async () => {
  const { code, stderr } = await serve("throw new TypeError('mine');\n");
  expect(stderr).toMatch(/TypeError: mine\n +at .*main\.mjs:1/);
  expect(code).toBe(1);
});
