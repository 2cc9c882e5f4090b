import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BENTONEST, ROOT, bentonest, cleanEnvironment, temporaryFolder } from './cli-process.js';

/** What a command loads: the files' paths and addresses. */
function loadedBy(...args: readonly string[]): string[] {
  const preload = join(ROOT, 'test/fixtures/loaded-modules.mjs');
  const { output, status } = spawnSync(
    process.execPath,
    ['--import', preload, BENTONEST, ...args],
    { env: cleanEnvironment(), stdio: ['ignore', 'ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  );
  expect(status).toBe(0);
  return (output[3] ?? '').trim().split('\n');
}

const STORE = join(ROOT, 'test/models/store');
const HEAVY = /node_modules\/(yaml|tar|typescript|xz-decompress|@aws-sdk|@nestjs|onnxruntime)/;

describe('the command line is quick', () => {
  // A time on a shared machine says little; what makes it long are modules that are not needed.
  it.each(['--help', 'models --help', '--version', `models list --home ${STORE}`])(
    '%s loads what it needs',
    (line) => {
      const loaded = loadedBy(...line.split(' '));
      expect(loaded.some((file) => /node_modules\/commander/.test(file))).toBe(true);
      expect(loaded.filter((file) => HEAVY.test(file))).toEqual([]);
    },
  );

  it('models list of 1,000 models', async () => {
    const home = await temporaryFolder(onTestFinished);
    const yaml = await readFile(
      join(ROOT, 'test/models/store/models/iris_clf/qojfx7t2csxcqyz4/model.yaml'),
      'utf8',
    );
    for (let i = 0; i < 1000; i++) {
      const [name, version] = [`m${i % 100}`, `v${Math.floor(i / 100)}`];
      const folder = join(home, 'models', name, version);
      await mkdir(folder, { recursive: true });
      const text = yaml.replace('iris_clf', name).replace('qojfx7t2csxcqyz4', version);
      await writeFile(join(folder, 'model.yaml'), text);
      await writeFile(join(folder, 'saved_model.onnx'), 'x');
    }
    const times: number[] = [];
    for (let run = 0; run < 3; run++) {
      const start = performance.now();
      const { stdout } = await bentonest(['models', 'list', '--home', home]);
      times.push(performance.now() - start);
      expect(stdout.trimEnd().split('\n')).toHaveLength(1001);
    }
    const seconds = Math.min(...times) / 1000;
    console.info(`models list of 1,000 models: ${seconds.toFixed(2)} s (bound 0.5 s)`);
    // Machines are shared; what is a fault of the program makes it many times as long.
    expect(seconds).toBeLessThan(2);
  });
});
