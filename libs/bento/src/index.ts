export { BentoError, MissingPeerError, ServiceConfigurationError } from 'bentonest/errors';
export {
  FileUpload,
  dataFrame,
  file,
  image,
  json,
  multipart,
  ndarray,
  series,
  text,
} from 'bentonest/io';
export type {
  DataFrameDescriptorOptions,
  FileMetadata,
  FileOptions,
  FormOf,
  ImageOptions,
  IoDescriptor,
  JsonOptions,
  MultipartOptions,
  NdArrayOptions,
  SchemaOptions,
  SeriesOptions,
  TextOptions,
} from 'bentonest/io';
export { ModelStore } from 'bentonest/model-store';
export { mount, mountAsgi, mountWsgi } from 'bentonest/mount';
export type { MountFactoryOptions, MountOptions, PythonAppOptions } from 'bentonest/mount';
export { ReadinessIndicators, RunnerHealthIndicator } from 'bentonest/observe';
export type { HealthOptions, ReadinessIndicator } from 'bentonest/observe';
export { BentoLogger, LogLevel } from 'bentonest/observe';
export type { AccessLogOptions, LoggingOptions } from 'bentonest/observe';
export { onnxRunner } from 'bentonest/onnx';
export type { OnnxMethods, OnnxRunnerOptions } from 'bentonest/onnx';
export { InjectRunner, RunnableMethod, Runner, getRunnerToken, nodeRunner } from 'bentonest/runner';
export type {
  CallOptions,
  NodeRunnerOptions,
  Runnable,
  RunnableMethodOptions,
  RunnerDefinition,
  RunnerMethod,
  RunnerOptions,
} from 'bentonest/runner';
export {
  Api,
  ApiDocument,
  BentoService,
  Context,
  Ctx,
  frameworkErrors,
  getApiDocument,
} from 'bentonest/serving';
export type {
  ApiOptions,
  BentoServiceOptions,
  DocsOptions,
  ServiceLifeCycle,
  ServingOptions,
  SheddingOptions,
} from 'bentonest/serving';
export { DataFrame, NdArray } from 'bentonest/tensor';
export type { DType, Orient } from 'bentonest/tensor';
export { BentoModule } from './bento.module.js';
export { serve } from './serve/serve.js';
export { AdminUnauthorizedError, ListenError } from './serve/serve.errors.js';
export type { AdminOptions, CorsOptions, ServeOptions, TlsOptions } from './serve/serve.options.js';
export type { BentoExtras, BentoOptions } from './bento.options.js';
export type { BentoFeatureOptions } from './feature/create-feature.js';
export { BentoModel, InjectModel, bentoModel, getModelToken } from './models/bento-model.js';
export type { BentoModelOptions, ModelDefinition } from './models/bento-model.js';
