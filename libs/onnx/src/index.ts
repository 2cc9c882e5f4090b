export { ModelInputError, ModelLoadError, UnsupportedModelError } from './onnx.errors.js';
export type { OnnxMetadata, OnnxValue } from './onnx.metadata.js';
export type { OnnxInputs, OnnxMethods } from './onnx.methods.js';
export type { OnnxExample } from './user-examples.js';
export { onnxRunner } from './onnx.runner.js';
export type { OnnxRunnerOptions, OnnxSessionOptions } from './onnx.runner.js';
