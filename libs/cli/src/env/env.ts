import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, release, type } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ModelStore } from 'bentonest/model-store';
import { availableCores } from 'bentonest/runner';
import { print, printAs } from '../output/print.js';
import { readOwnPackage } from '../package-root.js';

export interface EnvOptions {
  readonly output: 'md' | 'json' | 'yaml';
  readonly home?: string;
}

/** Packages whose versions decide what works, as the project in the working directory has them. */
const PACKAGES = ['@nestjs/core', '@nestjs/platform-fastify', 'fastify', 'onnxruntime-node'];
const NONE = 'not installed';

/** The version of a package that the project sees. Its package.json may be closed to require. */
async function versionOf(name: string): Promise<string> {
  const searched = createRequire(resolve('package.json')).resolve.paths(name) ?? [];
  for (const folder of searched) {
    try {
      const text = await readFile(join(folder, name, 'package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // Not in this folder; the next one is further up.
    }
  }
  return NONE;
}

async function npmVersion(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['--version']);
    return stdout.trim();
  } catch {
    return NONE;
  }
}

export async function showEnvironment({ output, home }: EnvOptions): Promise<void> {
  const versions = await Promise.all(PACKAGES.map((name) => versionOf(name)));
  const facts: Record<string, string | number> = {
    bentonest: readOwnPackage().version,
    node: process.versions.node,
    npm: await npmVersion(),
    os: `${type()} ${release()} ${arch()}`,
    cores: availableCores(),
    home: new ModelStore({ home }).home,
    ...Object.fromEntries(PACKAGES.map((name, index) => [name, versions[index]])),
  };
  if (output !== 'md') return printAs(output, facts, () => '');
  const rows = Object.entries(facts).map(([name, value]) => `| ${name} | ${value} |`);
  print(['| what | value |', '| --- | --- |', ...rows, ''].join('\n'));
}
