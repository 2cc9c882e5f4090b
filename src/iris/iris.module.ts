import { BentoModule, bentoModel, onnxRunner } from 'bentonest';
import { demoStore } from './demo-store.js';
import { IrisClassifier } from './iris.service.js';

export const IrisModule = BentoModule.forFeature({
  services: [IrisClassifier],
  runners: [onnxRunner('iris_clf', { model: 'iris_clf:latest', home: demoStore })],
  models: [bentoModel('iris_clf:latest', { home: demoStore })],
});
