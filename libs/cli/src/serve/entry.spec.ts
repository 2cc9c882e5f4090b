import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { CommandFailedError, CommandUsageError } from '../cli.errors.js';
import { PACKAGE_ROOT } from '../package-root.js';
import { resolveEntry } from './entry.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bentonest-entry-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'node_modules'));
  await symlink(
    join(PACKAGE_ROOT, 'node_modules/typescript'),
    join(root, 'node_modules/typescript'),
  );
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
}

const TSCONFIG =
  '{ "compilerOptions": { "rootDir": "src", "outDir": "build" }, "include": ["src"] }';

describe('a project', () => {
  it.each([
    ['as nest new makes it', 'dist/main.js', {}],
    ['with rootDir "."', 'dist/src/main.js', {}],
    ['with an entry of another name', 'dist/server.js', { entryFile: 'server' }],
    ['in a monorepo', 'dist/apps/api/main.js', { sourceRoot: 'apps/api/src' }],
  ])('%s is run from %s', async (_, built, nest) => {
    await write({ 'nest-cli.json': JSON.stringify(nest), 'package.json': '{}', [built]: '' });
    expect(resolveEntry(root)).toEqual({
      file: join(root, built),
      root,
      project: root,
      sources: undefined,
      needsBuild: false,
    });
  });

  it('is run from main of package.json', async () => {
    await write({ 'package.json': '{ "main": "server.js" }', 'server.js': '' });
    expect(resolveEntry(root).file).toBe(join(root, 'server.js'));
  });

  it('that is not built is built where its tsconfig says', async () => {
    await write({ 'package.json': '{}', 'tsconfig.json': TSCONFIG, 'src/main.ts': '' });
    expect(resolveEntry(root)).toMatchObject({
      file: join(root, 'build/main.js'),
      sources: join(root, 'src'),
      needsBuild: true,
    });
  });

  it('without an entry is none', async () => {
    await write({ 'package.json': '{}' });
    expect(() => resolveEntry(root)).toThrow(/neither src\/main\.ts nor dist\/main\.js/);
  });

  it('with a broken nest-cli.json is told of it', async () => {
    await write({ 'nest-cli.json': '{' });
    expect(() => resolveEntry(root)).toThrow(/Expected JSON in nest-cli\.json/);
  });
});

describe('a TypeScript entry', () => {
  it('is run from what the build makes of it', async () => {
    await write({ 'package.json': '{}', 'tsconfig.json': TSCONFIG, 'src/api/server.mts': '' });
    expect(resolveEntry(join(root, 'src/api/server.mts'))).toMatchObject({
      file: join(root, 'build/api/server.mjs'),
      project: root,
      needsBuild: true,
    });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['without a tsconfig', {}, /Expected tsconfig\.json/],
    [
      'that the tsconfig leaves out',
      { 'tsconfig.json': '{ "include": ["src"], "files": [] }' },
      /leaves it out|empty/,
    ],
    [
      'that is not emitted',
      { 'tsconfig.json': '{ "compilerOptions": { "noEmit": true } }' },
      /noEmit/,
    ],
  ])('%s is refused', async (_, files, message) => {
    await write({ 'package.json': '{}', 'other.ts': '', ...files });
    expect(() => resolveEntry(join(root, 'other.ts'))).toThrow(message);
  });
});

it('what is neither is refused', async () => {
  await write({ 'a.txt': '' });
  expect(() => resolveEntry(join(root, 'a.txt'))).toThrow(CommandUsageError);
  expect(() => resolveEntry(join(root, 'b.js'))).toThrow(CommandFailedError);
});
