import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { childPids } from '../faults/child-processes.js';
import { bentonest, start, temporaryFolder } from './cli-process.js';
import type { Outcome } from './cli-process.js';
import { installPackages, npx, packPackage } from './cli-project.js';
import { freePort, isAlive, until } from './served-app.js';

const NAME = 'house-prices';
let project: string;
let made: Outcome;

const cleanups: (() => unknown)[] = [];

afterAll(async () => {
  for (const clean of cleanups.toReversed()) await clean();
});

beforeAll(async () => {
  const folder = await temporaryFolder((remove) => cleanups.push(remove));
  made = await bentonest(['new', NAME], { cwd: folder });
  project = join(folder, NAME);
  await installPackages(project, await packPackage(folder));
}, 120_000);

interface Manifest {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** A running `bentonest serve` of the project, and how to ask its service. */
async function serve(args: readonly string[]): Promise<{
  started: ReturnType<typeof start>;
  predict: () => Promise<string>;
}> {
  const port = await freePort();
  const command = join(project, 'node_modules/.bin/bentonest');
  const started = start(process.execPath, [command, 'serve', ...args, '--port', String(port)], {
    cwd: project,
  });
  const { pid = 0 } = started.child;
  onTestFinished(() => {
    for (const child of [...childPids(pid), pid])
      if (isAlive(child)) process.kill(child, 'SIGKILL');
  });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/readyz`)).status === 200, 40_000, started.output);
  const predict = async (): Promise<string> => {
    const answer = await fetch(`${url}/${NAME}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[[1, 2, 3, 4]]',
    });
    return answer.text();
  };
  return { started, predict };
}

describe('a new project', () => {
  it('is told of, and what is next', () => {
    expect(made.stdout).toBe(
      'Created house-prices with 12 files. Next:\n\n  cd house-prices\n  npm install && npm start\n',
    );
  });

  it('passes its own test', async () => {
    const { code, stdout, stderr } = await npx(project, 'vitest', ['run']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('1 passed');
  }, 60_000);

  it('asks npm for the versions that this one is tested with', async () => {
    const read = async (file: string): Promise<Manifest> =>
      JSON.parse(await readFile(join(project, file), 'utf8')) as Manifest;
    const manifest = await read('package.json');
    const own = await read('node_modules/bentonest/package.json');
    expect(manifest.scripts).toMatchObject({ start: 'nest start', test: 'vitest run' });
    const asked = { ...manifest.dependencies, ...manifest.devDependencies };
    const { bentonest: range, ...others } = asked;
    expect(range).toBe(`^${own.version}`);
    expect({ ...own.peerDependencies, ...own.devDependencies }).toMatchObject(others);
    const text = await readFile(join(project, 'README.md'), 'utf8');
    expect(text).toMatch(/npm install && npm start .*\nnpm test /);
  });

  it('is served by npm start', async () => {
    const port = await freePort();
    const npm = start('npm', ['start'], { cwd: project, env: { PORT: String(port) } });
    const family = (pid: number): number[] => [pid, ...childPids(pid).flatMap(family)];
    onTestFinished(() => {
      for (const pid of family(npm.child.pid ?? 0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    const ready = async (): Promise<boolean> =>
      (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200;
    await until(ready, 120_000, npm.output);
    expect(npm.child.exitCode).toBeNull();
  }, 150_000);
});

describe('serve', () => {
  it('builds a TypeScript entry, answers, and ends with its exit code', async () => {
    await rm(join(project, 'dist'), { recursive: true, force: true });
    const { started, predict } = await serve(['src/main.ts', '--host', '127.0.0.1']);
    expect(await predict()).toBe('[5.5]');
    started.child.kill('SIGTERM');
    expect((await started.outcome).code).toBe(0);
    expect(started.output()).not.toContain('bentonest:');
  }, 60_000);

  it('runs what is built, and tells when sources are newer', async () => {
    await npx(project, 'nest', ['build']);
    const main = join(project, 'src/main.ts');
    await writeFile(main, await readFile(main, 'utf8'));
    const { started, predict } = await serve([]);
    expect(await predict()).toBe('[5.5]');
    started.child.kill('SIGINT');
    const { code, stderr } = await started.outcome;
    expect(code).toBe(0);
    expect(stderr).toBe(
      'bentonest: Sources are newer than dist/main.js. Build them, or use --reload, which does.\n',
    );
  }, 60_000);

  it('tells when the application does not listen where it was asked to', async () => {
    const entry = join(project, 'deaf.mjs');
    const port = await freePort();
    await writeFile(
      entry,
      `import { createServer } from 'node:http';
       createServer().listen(${port}, '127.0.0.1');
       // After the second that is waited for another server.
       setTimeout(() => console.log('a while later'), 1500);`,
    );
    const deaf = await bentonestUntil(['serve', entry, '--port', '1'], 'a while later');
    expect(deaf).toContain(`listens on port ${port} of 127.0.0.1, not where it was asked to.`);
    const fine = ['serve', entry, '--port', String(port), '--host', '127.0.0.1'];
    expect(await bentonestUntil(fine, 'a while later')).toBe('');
  });

  it('leaves a failure of the application as it is', async () => {
    const entry = join(project, 'broken.mjs');
    await writeFile(entry, "throw new RangeError('no such thing');");
    const { code, stderr } = await bentonest(['serve', entry]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/RangeError: no such thing\n {4}at .*broken\.mjs:1/);
    await writeFile(entry, 'process.exit(7);');
    expect((await bentonest(['serve', entry])).code).toBe(7);
  });

  it('says what to do when the project does not compile', async () => {
    const broken = join(project, 'src/broken.ts');
    await writeFile(broken, 'const n: number = "text";');
    onTestFinished(() => rm(broken));
    const { code, stderr } = await bentonest(['serve', 'src/main.ts'], { cwd: project });
    expect(code).toBe(1);
    expect(stderr).toContain('src/broken.ts');
    expect(stderr).toMatch(
      /\nbentonest: The build failed \(exit code 1\)\. Correct what it says above\.\n$/,
    );
  }, 60_000);

  it('--reload builds and starts again, keeps what runs when a build fails, and leaves no process', async () => {
    const { started, predict } = await serve(['--reload']);
    const first = childPids(started.child.pid ?? 0);
    expect(await predict()).toBe('[5.5]');

    const file = join(project, `src/${NAME}/${NAME}.runnable.ts`);
    const before = await readFile(file, 'utf8');
    onTestFinished(() => writeFile(file, before));
    await writeFile(file, 'this is no TypeScript');
    await until(() => started.output().includes('Waiting for a change.'), 30_000, started.output);
    expect(await predict()).toBe('[5.5]');

    await writeFile(file, before.replace('[0.5, -1,', '[1, -1,'));
    await until(async () => (await predict()) === '[6]', 30_000, started.output);
    const family = [...first, ...childPids(started.child.pid ?? 0)];
    started.child.kill('SIGTERM');
    expect((await started.outcome).code).toBe(0);
    await until(() => !family.some((pid) => isAlive(pid)), 3000);
  }, 120_000);

  it('--reload takes the application along when it is killed', async () => {
    const { started } = await serve(['--reload']);
    const children = childPids(started.child.pid ?? 0);
    expect(children).toHaveLength(1);
    started.child.kill('SIGKILL');
    await until(() => !children.some((pid) => isAlive(pid)), 15_000);
  }, 60_000);
});

/** Lets the command run until something is said, and gives its stderr. */
async function bentonestUntil(args: readonly string[], said: string): Promise<string> {
  const command = join(project, 'node_modules/bentonest/dist/libs/cli/src/main.js');
  const started = start(process.execPath, [command, ...args], { cwd: project });
  await until(() => started.output().includes(said), 10_000, started.output);
  started.child.kill('SIGTERM');
  return (await started.outcome).stderr;
}
