import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CommandFailedError } from '../cli.errors.js';
import { print } from '../output/print.js';
import { readOwnPackage } from '../package-root.js';
import type { OwnPackage } from '../package-root.js';
import { spellingsOf } from './names.js';
import { serviceFiles } from './service-files.js';
import { renderTemplates } from './templates.js';

export interface NewOptions {
  readonly package?: string;
}

export async function createProject(name: string, options: NewOptions): Promise<void> {
  const spellings = spellingsOf(name);
  const own = readOwnPackage();
  const files = [
    ...renderTemplates('project', {
      ...spellings,
      ...versions(own),
      bentonest: options.package ?? `^${own.version}`,
    }),
    ...serviceFiles(spellings).map(({ path, content }) => ({
      path: `src/${name}/${path}`,
      content,
    })),
  ];
  const target = resolve(name);
  await requireEmpty(target, name);
  for (const { path, content } of files) {
    await mkdir(dirname(join(target, path)), { recursive: true });
    // 'wx': what appeared since it was looked for is not overwritten.
    await writeFile(join(target, path), content, { flag: 'wx' });
  }
  print(
    `Created ${name} with ${files.length} files. Next:\n\n  cd ${name}\n  npm install && npm start\n`,
  );
}

async function requireEmpty(target: string, name: string): Promise<void> {
  const refuse = (got: string): never => {
    throw new CommandFailedError(
      `Expected ${name} to be a new or an empty folder, got ${got}. Choose another name, or empty it.`,
    );
  };
  try {
    const entries = await readdir(target);
    if (entries.length > 0) refuse(`one with ${entries[0]} in it`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') refuse('a file');
    if (code !== 'ENOENT') throw error;
  }
}

/** The ranges that this version of BentoNest is tested with. */
function versions({ devDependencies, peerDependencies }: OwnPackage): Record<string, string> {
  const known: Record<string, string> = { ...peerDependencies, ...devDependencies };
  const range = (name: string): [string, string] => [
    name.replaceAll(/\W/g, '_'),
    known[name] ?? 'latest',
  ];
  return Object.fromEntries(
    [
      '@nestjs/cli',
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/platform-fastify',
      '@nestjs/schematics',
      '@nestjs/testing',
      '@types/node',
      'class-transformer',
      'class-validator',
      'reflect-metadata',
      'rxjs',
      'typescript',
      'vitest',
    ].map(range),
  );
}
