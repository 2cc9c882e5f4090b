import { expect, it } from 'vitest';
import { spellingsOf } from './names.js';
import { serviceFiles } from './service-files.js';
import { renderTemplates } from './templates.js';

const iris = spellingsOf('iris');

it('a service is its module, its Runnable, itself and a spec', () => {
  const files = serviceFiles(iris);
  expect(files.map(({ path }) => path)).toEqual([
    'iris.module.ts',
    'iris.runnable.ts',
    'iris.service.spec.ts',
    'iris.service.ts',
  ]);
  for (const { content } of files) expect(content).not.toMatch(/\{\{|\}\}/);
  expect(serviceFiles(iris, { spec: false }).map(({ path }) => path)).not.toContain(
    'iris.service.spec.ts',
  );
});

it('CommonJS has neither import.meta nor extensions', () => {
  const text = serviceFiles(iris, { esm: false, testRunner: 'jest' })
    .map(({ content }) => content)
    .join('');
  expect(text).not.toMatch(/import\.meta|from '\.[^']*\.js'|vitest/);
  expect(text).toContain("pathToFileURL(require.resolve('./iris.runnable'))");
});

it('a template that asks for what nobody gives is a mistake', () => {
  expect(() => renderTemplates('project', { ...iris })).toThrow(/unknown \{\{/);
});
