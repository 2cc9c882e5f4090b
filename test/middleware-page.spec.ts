import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

it.each(['tenant', 'api-key', 'jwt'])(
  'docs/middleware.md shows the %s middleware that the end-to-end tests run',
  async (name) => {
    const source = await read(`./fixtures/middleware-app/${name}.middleware.ts`);
    expect(await read('../docs/middleware.md')).toContain(`\`\`\`ts\n${source.trim()}\n\`\`\``);
  },
);
