import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { onnxRunner } from 'bentonest/onnx';
import { RunnerHost } from 'bentonest/runner';
import { NdArray } from 'bentonest/tensor';
import { expect, it, onTestFinished } from 'vitest';

const home = fileURLToPath(new URL('../models/store', import.meta.url));
const iris = new URL('../models/iris.json', import.meta.url);

it('iris_clf_with_feature_names gives the label that scikit-learn gave, for each of the 150 rows', async () => {
  const host = new RunnerHost(
    onnxRunner('named', { model: 'iris_clf_with_feature_names:latest', home, embedded: true }),
  );
  onTestFinished(() => host.stop());
  await host.start();
  const { rows, labels } = JSON.parse(await readFile(iris, 'utf8')) as {
    rows: number[][];
    labels: number[];
  };
  expect(labels).toHaveLength(150);
  const predict = async (batch: number[][]): Promise<unknown> =>
    (await host.runner.predict.run(NdArray.from(batch))).toNested();
  expect(await predict(rows)).toEqual(labels);
  expect(await Promise.all(rows.map((row) => predict([row])))).toEqual(
    labels.map((label) => [label]),
  );
});
