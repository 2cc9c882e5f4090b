import { execFile } from 'node:child_process';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ModelStore } from 'bentonest/model-store';
import { sklearnRunner } from 'bentonest/python';
import type { SklearnRunnerOptions } from 'bentonest/python';
import { RunnerHost } from 'bentonest/runner';
import type { Runner } from 'bentonest/runner';
import { DataFrame, NdArray } from 'bentonest/tensor';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findPython } from './python-environment.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const python = (await findPython()) ?? '';

function start(options: SklearnRunnerOptions): Runner {
  const host = new RunnerHost(sklearnRunner('model', { python, ...options }));
  onTestFinished(() => host.stop());
  return host.runner;
}

describe.skipIf(python === '')('a scikit-learn model', () => {
  it('that BentoML 1.1.11 saved answers all 150 rows as scikit-learn did, unchanged', async () => {
    const runner = start({ model: 'iris_sklearn', home: path('../models/sklearn-store') });
    const text = await readFile(path('../models/iris.json'), 'utf8');
    const { rows, labels } = JSON.parse(text) as { rows: number[][]; labels: number[] };
    expect(rows).toHaveLength(150);
    const answers = await Promise.all(rows.map((row) => runner.predict.run(NdArray.from([row]))));
    expect(answers.map(({ data }) => Number(data[0]))).toEqual(labels);
    expect(await runner.predict.run(NdArray.from(rows))).toMatchObject({ shape: [150] });
    const three = runner.predict.run(NdArray.from([[1, 2, 3]]));
    await expect(three).rejects.toMatchObject({
      code: 'INVALID_FEATURES',
      statusCode: 400,
      message: expect.stringContaining(
        '[rows, 4], as the model was fitted on, got [1, 3]',
      ) as string,
    });
    const others = { model: 'iris_sklearn', home: path('../models/sklearn-store') };
    const margins = start({ ...others, methods: ['decision_function'] });
    expect(await margins.decision_function.run(NdArray.from(rows))).toMatchObject({
      shape: [150, 3],
    });
  });

  it('takes texts, is reloaded with another model, and takes DataFrames by the names of their columns', async () => {
    const home = await mkdtemp(join(tmpdir(), 'bentonest-store-'));
    onTestFinished(() => rm(home, { recursive: true }));
    const script = path('../fixtures/python-runnables/make_sklearn_models.py');
    await promisify(execFile)(python, [script, home]);

    const texts = start({ model: 'texts', home });
    const labels = await Promise.all(
      ['good room', 'bad food'].map((text) => texts.predict.run(NdArray.from([text]))),
    );
    expect(labels).toEqual([NdArray.from(['+']), NdArray.from(['-'])]);
    await texts.reload('texts_reversed');
    expect(await texts.predict.run(NdArray.from(['good room']))).toEqual(NdArray.from(['-']));
    await expect(texts.reload('texts_unknown')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect(await texts.predict.run(NdArray.from(['bad food']))).toEqual(NdArray.from(['+']));

    const table = start({ model: 'table', home });
    const rows = DataFrame.from({ kind: ['b', 'a'], size: [9, 1] });
    const classes = await table.predict.run(rows);
    expect([...classes.data].map(Number)).toEqual([1, 0]);
    expect(await table.predict_proba.run(rows)).toMatchObject({ shape: [2, 2] });
    const unfit = table.predict.run(DataFrame.from({ kind: ['b'], length: [9] }));
    await expect(unfit).rejects.toMatchObject({
      code: 'INVALID_FEATURES',
      message: expect.stringContaining('size, kind') as string,
    });
  }, 90_000);

  it('is not loaded, for a pickle is code, where one of its files is another than was saved', async () => {
    const home = await mkdtemp(join(tmpdir(), 'bentonest-store-'));
    onTestFinished(() => rm(home, { recursive: true }));
    const saved = new ModelStore({ home: path('../models/sklearn-store') });
    const store = new ModelStore({ home });
    const exported = await saved.export('iris_sklearn', join(home, 'model'), { format: 'folder' });
    await writeFile(join(exported, 'arrays.npy'), 'what joblib may load beside it');
    const { folder, tag } = await store.import(exported);
    const rows = NdArray.from([[6.2, 3.2, 5.2, 2.2]]);
    expect(await start({ model: tag.toString(), home }).predict.run(rows)).toMatchObject({
      shape: [1],
    });
    const refusal = async (): Promise<unknown> =>
      start({ model: tag.toString(), home })
        .predict.run(rows)
        .catch((error: unknown) => error);
    const message = (file: string): unknown =>
      expect.stringContaining(
        `Expected the file "${file}" as it was saved with the model, got one`,
      );
    await appendFile(join(folder, 'saved_model.pkl'), '#');
    const code = 'RUNNER_START_FAILED';
    expect(await refusal()).toMatchObject({ code, message: message('saved_model.pkl') });
    const { file } = await saved.get('iris_sklearn', { file: 'saved_model.pkl' });
    await cp(file, join(folder, 'saved_model.pkl'));
    await appendFile(join(folder, 'arrays.npy'), '#');
    expect(await refusal()).toMatchObject({ code, message: message('arrays.npy') });
  });

  it('says what is to be installed where it cannot be read without', async () => {
    const home = path('../models/sklearn-store');
    const env = { PYTHONPATH: path('../fixtures/python-without-joblib') };
    const runner = start({ model: 'iris_sklearn', home, env });
    await expect(runner.predict.run(NdArray.from([[1, 2, 3, 4]]))).rejects.toMatchObject({
      code: 'RUNNER_START_FAILED',
      message: expect.stringContaining(
        "Add it to the runner's requirements: scikit-learn",
      ) as string,
    });
  });
});
