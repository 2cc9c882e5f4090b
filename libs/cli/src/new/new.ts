import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CommandFailedError } from '../cli.errors.js';
import { printAs } from '../output/print.js';
import type { AnswerFormat } from '../output/print.js';
import { readOwnPackage } from '../package-root.js';
import type { OwnPackage } from '../package-root.js';
import { spellingsOf } from './names.js';
import { serviceFiles } from './service-files.js';
import { renderTemplates } from './templates.js';

export interface NewOptions {
  readonly package?: string;
  readonly output: AnswerFormat;
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
  await writeProject(target, files);
  await printAs(
    options.output,
    { name, path: target, files: files.map(({ path }) => path) },
    () =>
      `Created ${name} with ${files.length} files. Next:\n\n  cd ${name}\n  npm install && npm start\n`,
  );
}

interface ProjectFile {
  readonly path: string;
  readonly content: string;
}

/** All of the files, or on a full disk none: the next try would find a folder that is not empty. */
async function writeProject(target: string, files: readonly ProjectFile[]): Promise<void> {
  const staging = join(dirname(target), `.${basename(target)}-${randomUUID()}`);
  // On a read-only disk, mkdir's own `recursive` would say that there is no such folder.
  await mkdir(staging);
  try {
    for (const { path, content } of files) {
      await mkdir(dirname(join(staging, path)), { recursive: true });
      await writeFile(join(staging, path), content, { flag: 'wx' });
    }
    // Not every system moves a folder onto an empty one. What appeared in it meanwhile is not lost.
    await rmdir(target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(staging, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
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
