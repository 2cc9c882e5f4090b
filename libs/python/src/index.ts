export { ensureEnvironment } from './environment/ensure-environment.js';
export type { EnvironmentOptions } from './environment/ensure-environment.js';
export { FeatureCountError, PythonEnvironmentError } from './python.errors.js';
export { pythonRunner } from './python.runner.js';
export type { PythonRunnerOptions } from './python.runner.js';
export { sklearnRunner } from './sklearn.runner.js';
export type { SklearnRunnerOptions } from './sklearn.runner.js';
export type { PythonOptions } from './worker-command.js';
