import { readFile } from 'node:fs/promises';
import { renderConfigPage } from 'bentonest/config';
import { expect, it } from 'vitest';

/** Without what prettier adds to align tables. */
const plain = (text: string): string =>
  text.replaceAll(/-{3,}/g, '---').replaceAll(/[ ]+/g, ' ').trim();

it('docs/configuration.md has every key, as the schema documents it', async () => {
  const page = await readFile(new URL('../docs/configuration.md', import.meta.url), 'utf8');
  const [, keys = ''] = page.split('## Keys\n');
  expect(plain(keys)).toBe(plain(renderConfigPage()));
});
