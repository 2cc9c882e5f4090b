import { onnxRunner } from 'bentonest';
import { demoStore } from './demo-store.js';

/** The runner that the FastAPI and the Flask demo share. */
export const NAMED_IRIS = 'iris_clf_with_feature_names';

export const namedIrisRunner = onnxRunner(NAMED_IRIS, {
  model: 'iris_clf_with_feature_names:latest',
  home: demoStore,
});
