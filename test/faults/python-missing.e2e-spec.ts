import { once } from 'node:events';
import { expect, it } from 'vitest';
import { ServedApp } from '../e2e/served-app.js';

it.each(['fastapi', 'flask'])(
  'without Python, the %s demo says in a line what to install',
  async (demo) => {
    const entry = `dist/src/${demo}/main.js`;
    const app = await ServedApp.spawn({ entry, env: { PATH: '/nonexistent' } });
    const [code] = (await once(app.process, 'exit')) as [number];
    expect(code).toBe(1);
    expect(app.output).toContain('Expected a Python interpreter, got none. Install Python 3.8 or later'); // prettier-ignore
    expect(app.output).not.toMatch(/^\s+at /m);
  },
  30_000,
);
