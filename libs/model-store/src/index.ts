export type { ArchiveLimits } from './archive/archive-limits.js';
export type { ExportFormat, ExportModelOptions } from './export-model.js';
export type { ImportModelOptions } from './import-model.js';
export type { ListModelsOptions, ModelSummary } from './list/list-models.js';
export type { ModelInfo, ModelSignature, SavedContext } from './model-info.js';
export {
  DigestMismatchError,
  InvalidArchiveError,
  InvalidModelError,
  InvalidModelSourceError,
  InvalidOnnxFileError,
  InvalidTagError,
  ModelExistsError,
  ModelNotFoundError,
  ModelTransferError,
  StoreNotWritableError,
} from './model-store.errors.js';
export { ModelStore } from './model-store.js';
export type { GetModelOptions, ModelEntry, ModelStoreOptions, StoredModel } from './model-store.js';
export { nearest } from './nearest.js';
export { resolveModel } from './resolve-model.js';
export type { ResolveModelOptions, ResolvedModel } from './resolve-model.js';
export { Tag } from './tag.js';
export type {
  ModelContext,
  ModelDescription,
  SignatureOptions,
} from './write/render-model-yaml.js';
export type { ModelSource, SaveModelOptions } from './write/save-model.js';
export type { FileSource, TransferOptions } from './write/stage-file.js';
