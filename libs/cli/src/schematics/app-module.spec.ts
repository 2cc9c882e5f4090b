import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { CommandFailedError } from '../cli.errors.js';
import { addModuleImport } from './app-module.js';

const ADDED = { expression: 'BentoModule.forRoot()', name: 'BentoModule', from: 'bentonest' };
const add = (source: string): string => addModuleImport(ts, source, ADDED);
const HEAD = "import { Module } from '@nestjs/common';\n";
const HEAD_AFTER = `${HEAD}import { BentoModule } from 'bentonest';\n`;
const CLASS = '\nexport class AppModule {}\n';

describe('the imports of a module', () => {
  it.each([
    ['no options', '@Module({})', '@Module({ imports: [BentoModule.forRoot()] })'],
    [
      'no imports',
      '@Module({\n  controllers: [A],\n})',
      '@Module({\n  controllers: [A],\n  imports: [BentoModule.forRoot()],\n})',
    ],
    ['an empty list', '@Module({ imports: [] })', '@Module({ imports: [BentoModule.forRoot()] })'],
    [
      'one line',
      '@Module({ imports: [A, B.forRoot({ a: 1 })] })',
      '@Module({ imports: [A, B.forRoot({ a: 1 }), BentoModule.forRoot()] })',
    ],
    [
      'one line with a comma at its end',
      '@Module({ imports: [A,] })',
      '@Module({ imports: [A, BentoModule.forRoot(),] })',
    ],
    [
      'lines of their own',
      '@Module({\n  imports: [\n    A, // why\n    B\n  ],\n})',
      '@Module({\n  imports: [\n    A, // why\n    B,\n    BentoModule.forRoot()\n  ],\n})',
    ],
    [
      'lines of their own, each with a comma',
      '@Module({\n  imports: [\n    A,\n  ],\n})',
      '@Module({\n  imports: [\n    A,\n    BentoModule.forRoot(),\n  ],\n})',
    ],
    [
      'a decorator before it',
      '@Global()\n@Module({ imports: [] })',
      '@Global()\n@Module({ imports: [BentoModule.forRoot()] })',
    ],
  ])('with %s', (_, before, after) => {
    expect(add(HEAD + before + CLASS)).toBe(HEAD_AFTER + after + CLASS);
  });

  it('stay as they are where it stands already, with options or without', () => {
    const source = `${HEAD_AFTER}@Module({ imports: [BentoModule.forRoot({ docs: false })] })${CLASS}`;
    expect(add(source)).toBe(source);
  });

  it('get no second import of the same name', () => {
    const source = `${HEAD_AFTER}@Module({ imports: [BentoModule.forFeature({})] })${CLASS}`;
    expect(add(source).match(/import \{ BentoModule \}/g)).toHaveLength(1);
  });

  it.each([
    ['no module', 'export class A {}'],
    ['options from elsewhere', `@Module(options)${CLASS}`],
    ['a list from elsewhere', `@Module({ imports: modules })${CLASS}`],
    ['a shorthand', `@Module({ imports })${CLASS}`],
  ])('are left to their author with %s', (_, source) => {
    expect(() => add(HEAD + source)).toThrow(CommandFailedError);
    expect(() => add(HEAD + source)).toThrow(/Add BentoModule\.forRoot\(\) to its imports by hand/);
  });

  it('of a source without imports get the first', () => {
    expect(add(`@Module({ imports: [] })${CLASS}`)).toMatch(/^import \{ BentoModule \} from/);
  });
});
