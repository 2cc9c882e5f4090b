import { fileURLToPath } from 'node:url';
import { BentoModule, bentoModel, onnxRunner } from 'bentonest';
import { IrisClassifier } from './iris.service.js';

/** A store that ships in the repository, so that the demo runs with no further step. */
const home =
  process.env.BENTOML_HOME ??
  fileURLToPath(
    import.meta.resolve('bentonest/package.json').replace('package.json', 'test/models/store'),
  );

export const IrisModule = BentoModule.forFeature({
  services: [IrisClassifier],
  runners: [onnxRunner('iris_clf', { model: 'iris_clf:latest', home })],
  models: [bentoModel('iris_clf:latest', { home })],
});
