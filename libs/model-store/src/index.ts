export type { ModelInfo, ModelSignature } from './model-info.js';
export { InvalidModelError, InvalidTagError, ModelNotFoundError } from './model-store.errors.js';
export { ModelStore } from './model-store.js';
export type { GetModelOptions, ModelStoreOptions, StoredModel } from './model-store.js';
export { resolveModel } from './resolve-model.js';
export type { ResolveModelOptions, ResolvedModel } from './resolve-model.js';
export { Tag } from './tag.js';
