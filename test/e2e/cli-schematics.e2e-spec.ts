import { mkdir, readFile, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { run, start, temporaryFolder } from './cli-process.js';
import { installPackages, npx, packPackage } from './cli-project.js';
import { freePort, until } from './served-app.js';

/** What `nest new` of Nest 12 writes, as far as the schematics and a build look at it. */
const APPLICATION: Readonly<Record<string, string>> = {
  'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
await bootstrap();
`,
  'src/app.controller.ts': `import { Controller, Get } from '@nestjs/common';

@Controller()
export class AppController {
  @Get()
  getHello(): string {
    return 'Hello World!';
  }
}
`,
  'src/app.module.ts': `import { Module } from '@nestjs/common';
import { AppController } from './app.controller.js';

@Module({
  imports: [],
  controllers: [AppController],
})
export class AppModule {}
`,
  'nest-cli.json': '{ "collection": "@nestjs/schematics", "sourceRoot": "src" }',
  'tsconfig.build.json':
    '{ "extends": "./tsconfig.json", "compilerOptions": { "rootDir": "./src" }, "include": ["src"], "exclude": ["**/*.spec.ts"] }',
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      module: 'nodenext',
      esModuleInterop: true,
      isolatedModules: true,
      emitDecoratorMetadata: true,
      experimentalDecorators: true,
      target: 'ES2023',
      outDir: './dist',
      rootDir: '.',
      skipLibCheck: true,
      strict: true,
      strictPropertyInitialization: false,
      types: ['node'],
    },
  }),
};

const DEPENDENCIES = {
  '@nestjs/common': '^12.0.1',
  '@nestjs/core': '^12.0.1',
  '@nestjs/platform-fastify': '^12.0.1',
  'class-transformer': '^0.5.1',
  'class-validator': '^0.15.1',
};

/** Installed once; a project of each test has a link to it. */
let packages: string;
let project: string;

const cleanups: (() => unknown)[] = [];

afterAll(async () => {
  for (const clean of cleanups.toReversed()) await clean();
});

beforeAll(async () => {
  const folder = await temporaryFolder((remove) => cleanups.push(remove));
  await installPackages(folder, await packPackage(folder));
  packages = join(folder, 'node_modules');
}, 60_000);

beforeEach(async () => {
  project = await temporaryFolder(onTestFinished);
  await mkdir(join(project, 'src'));
  for (const [name, content] of Object.entries(APPLICATION)) {
    await writeFile(join(project, name), content);
  }
  await writePackage({ type: 'module', devDependencies: { vitest: '^4.1.2' } });
  await symlink(packages, join(project, 'node_modules'));
}, 60_000);

function writePackage(more: object): Promise<void> {
  const content = { name: 'app', private: true, dependencies: DEPENDENCIES, ...more };
  return writeFile(join(project, 'package.json'), JSON.stringify(content));
}

const read = (name: string): Promise<string> => readFile(join(project, name), 'utf8');
const nest = (...args: string[]): ReturnType<typeof run> => npx(project, 'nest', args);
/** What `nest add` runs, without what it does before: a second less. */
const add = (): ReturnType<typeof run> =>
  npx(project, 'schematics', ['bentonest:nest-add', '--skip-install']);

describe('nest add bentonest', () => {
  it('and nest g service make an application that serves a model beside its own routes', async () => {
    const added = await nest('add', 'bentonest', '--skip-install');
    expect([added.code, added.stderr]).toEqual([0, expect.not.stringContaining('rror')]);
    expect(await read('src/main.ts')).toBe(`import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

async function bootstrap() {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  await app.listen(process.env.PORT ?? 3000);
}
await bootstrap();
`);
    const generated = await nest('g', '-c', 'bentonest', 'service', 'housePrices');
    expect(generated.stdout).toContain('src/house-prices/house-prices.service.ts');
    expect(await read('src/app.module.ts')).toBe(`import { Module } from '@nestjs/common';
import { AppController } from './app.controller.js';
import { BentoModule } from 'bentonest';
import { HousePricesModule } from './house-prices/house-prices.module.js';

@Module({
  imports: [BentoModule.forRoot(), HousePricesModule],
  controllers: [AppController],
})
export class AppModule {}
`);
    const built = await nest('build');
    expect([built.code, built.stdout]).toEqual([0, '']);
    const tested = await npx(project, 'vitest', ['run', 'src']);
    expect(tested.stdout).toContain('1 passed');

    const port = await freePort();
    const server = start(process.execPath, ['dist/main.js'], {
      cwd: project,
      env: { PORT: String(port) },
    });
    onTestFinished(() => void server.child.kill('SIGKILL'));
    const url = `http://localhost:${port}`;
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, 20_000, server.output);
    expect(await (await fetch(url)).text()).toBe('Hello World!');
    const headers = { 'content-type': 'application/json' };
    const body = '[[1, 2, 3, 4]]';
    const answer = await fetch(`${url}/house-prices/predict`, { method: 'POST', headers, body });
    expect(await answer.text()).toBe('[5.5]');
    server.child.kill('SIGTERM');
    expect((await server.outcome).code).toBe(0);
  }, 90_000);

  it('twice changes nothing more', async () => {
    await add();
    const once = await Promise.all(['src/main.ts', 'src/app.module.ts', 'package.json'].map(read));
    expect((await add()).code).toBe(0);
    const twice = await Promise.all(['src/main.ts', 'src/app.module.ts', 'package.json'].map(read));
    expect(twice).toEqual(once);
  }, 60_000);

  it('leaves a main.ts that is built on Express alone, and says so', async () => {
    const main = `${APPLICATION['src/main.ts']}// app.use(express.json());\n`;
    await writeFile(join(project, 'src/main.ts'), main);
    const { stdout, stderr } = await add();
    expect(stdout + stderr).toContain('src/main.ts is left as it is. Services run on Fastify');
    expect(await read('src/main.ts')).toBe(main);
    expect(await read('src/app.module.ts')).toContain('BentoModule.forRoot()');
  }, 60_000);

  it('adds the packages that an application needs', async () => {
    await writePackage({ type: 'module', dependencies: { '@nestjs/common': '^12.0.1' } });
    await add();
    const { dependencies, allowScripts } = JSON.parse(await read('package.json')) as {
      dependencies: Record<string, string>;
      allowScripts: Record<string, boolean>;
    };
    expect(Object.keys(dependencies)).toEqual([
      '@nestjs/common',
      '@nestjs/platform-fastify',
      'class-transformer',
      'class-validator',
    ]);
    expect(allowScripts).toEqual({ 'onnxruntime-node': false });
  }, 60_000);
});

describe('nest g -c bentonest service', () => {
  it('takes a path, --flat, --no-spec and --skip-import', async () => {
    await nest(
      'g',
      '-c',
      'bentonest',
      'service',
      'mood',
      'text',
      '--flat',
      '--no-spec',
      '--skip-import',
    );
    expect((await readdir(join(project, 'src/text'))).toSorted()).toEqual([
      'mood.module.ts',
      'mood.runnable.ts',
      'mood.service.ts',
    ]);
    expect(await read('src/app.module.ts')).toBe(APPLICATION['src/app.module.ts']);
  }, 60_000);

  it('writes into the project of a monorepo that --project names', async () => {
    await rename(join(project, 'src'), join(project, 'rest'));
    await mkdir(join(project, 'apps/api'), { recursive: true });
    await rename(join(project, 'rest'), join(project, 'apps/api/src'));
    const app = { type: 'application', root: 'apps/api', sourceRoot: 'apps/api/src' };
    const workspace = { monorepo: true, sourceRoot: 'apps/web/src', projects: { api: app } };
    await writeFile(join(project, 'nest-cli.json'), JSON.stringify(workspace));
    const generated = await nest('g', '-c', 'bentonest', 'service', 'mood', '--project', 'api');
    expect(generated.stdout).toContain('apps/api/src/mood/mood.service.ts');
    expect(await readdir(join(project, 'apps'))).toEqual(['api']);
    expect(await read('apps/api/src/app.module.ts')).toContain('imports: [MoodModule]');
  }, 60_000);

  it.each([
    ['a path out of the sources', ['mood', '../..'], 'Expected a path inside the source root'],
    ['a name that is no class', ['1st'], 'Expected a name of a-z'],
  ])(
    'refuses %s',
    async (_, args, message) => {
      const { stdout, stderr } = await nest('g', '-c', 'bentonest', 'service', ...args);
      expect(stdout + stderr).toContain(message);
      expect((await readdir(join(project, 'src'))).toSorted()).toEqual([
        'app.controller.ts',
        'app.module.ts',
        'main.ts',
      ]);
    },
    60_000,
  );

  it('writes CommonJS where the project is', async () => {
    await writePackage({ type: 'commonjs', devDependencies: { jest: '^30.0.0' } });
    const main = (APPLICATION['src/main.ts'] ?? '').replace('await bootstrap', 'void bootstrap');
    await writeFile(join(project, 'src/main.ts'), main);
    await add();
    await nest('g', '-c', 'bentonest', 'service', 'mood');
    expect(await read('src/mood/mood.service.spec.ts')).not.toContain('vitest');
    const built = await nest('build');
    expect([built.code, built.stdout]).toEqual([0, '']);
    const port = await freePort();
    const server = start(process.execPath, ['dist/main.js'], {
      cwd: project,
      env: { PORT: String(port) },
    });
    onTestFinished(() => void server.child.kill('SIGKILL'));
    const ready = async (): Promise<boolean> =>
      (await fetch(`http://localhost:${port}/readyz`)).status === 200;
    await until(ready, 20_000, server.output);
  }, 90_000);
});
