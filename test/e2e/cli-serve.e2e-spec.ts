import { execFileSync } from 'node:child_process';
import { cp, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { childPids } from '../faults/child-processes.js';
import { BENTONEST, ROOT, start, temporaryFolder } from './cli-process.js';
import { freePort, isAlive, until } from './served-app.js';

function commandOf(pid: number): string {
  return execFileSync('ps', ['-o', 'args=', '-ww', '-p', String(pid)], { encoding: 'utf8' }).trim();
}

it('serve --workers and --home: so many processes serve the models of that store', async () => {
  const folder = await temporaryFolder(onTestFinished);
  await cp(join(ROOT, 'test/models/store'), join(folder, 'home'), { recursive: true });
  // A version that only this store has.
  const iris = join(folder, 'home/models/iris_clf');
  await rename(join(iris, 'qojfx7t2csxcqyz4'), join(iris, 'v9'));
  const yaml = await readFile(join(iris, 'v9/model.yaml'), 'utf8');
  await writeFile(join(iris, 'v9/model.yaml'), yaml.replace('qojfx7t2csxcqyz4', 'v9'));
  await writeFile(join(iris, 'latest'), 'v9');
  const port = await freePort();
  const options = ['--workers', '2', '--home', 'home', '--port', String(port)];
  const started = start(
    process.execPath,
    [BENTONEST, 'serve', join(ROOT, 'dist/src/main.js'), ...options],
    { cwd: folder },
  );
  const { pid = 0 } = started.child;
  onTestFinished(() => {
    for (const each of [...childPids(pid), pid]) if (isAlive(each)) process.kill(each, 'SIGKILL');
  });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/readyz`)).status === 200, 40_000, started.output);
  // Beside the workers of models, which have names of their own.
  const apis = childPids(pid).filter((each) => commandOf(each).endsWith('dist/src/main.js'));
  expect(apis).toHaveLength(2);
  expect(await (await fetch(`${url}/metadata`)).json()).toMatchObject({ version: 'v9' });
  started.child.kill('SIGTERM');
  expect((await started.outcome).code).toBe(0);
}, 60_000);
