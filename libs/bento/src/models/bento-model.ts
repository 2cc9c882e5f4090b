import { Inject } from '@nestjs/common';
import type { Provider } from '@nestjs/common';
import { ModelStore, Tag } from 'bentonest/model-store';
import type { ModelEntry, ModelSignature } from 'bentonest/model-store';

/** Options of {@link bentoModel}. */
export interface BentoModelOptions {
  /** Folder of the model store. @default that of the injected ModelStore: BENTOML_HOME, else ~/bentoml */
  home?: string;
}

/** A model that a module's providers can inject: what {@link bentoModel} makes. */
export interface ModelDefinition extends BentoModelOptions {
  readonly tag: string;
}

/** A model of the store, as it was when the application started. */
export class BentoModel {
  /** With the version that `latest` stood for. */
  readonly tag: Tag & { readonly version: string };
  /** Absolute path of the version's folder. */
  readonly path: string;
  /** The module of Python's BentoML that saved it: `bentoml.onnx`. */
  readonly module: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly customMetadata: Readonly<Record<string, unknown>>;
  readonly signatures: Readonly<Record<string, ModelSignature>>;
  readonly createdAt: Date;

  constructor(entry: ModelEntry) {
    const { tag, folder, module, labels, metadata, customMetadata, signatures, createdAt } = entry;
    this.tag = tag as Tag & { readonly version: string };
    this.path = folder;
    this.module = module;
    this.labels = labels;
    this.metadata = metadata;
    this.customMetadata = customMetadata;
    this.signatures = signatures;
    this.createdAt = createdAt;
  }
}

/**
 * A model of the store for the `models` of `BentoModule.forFeature`, whose providers then inject it by
 * `@InjectModel(tag)`. It is looked up when the application starts, which a missing one ends.
 *
 * @example
 * BentoModule.forFeature({ services: [IrisClassifier], models: [bentoModel('iris_clf:latest')] })
 * @throws InvalidTagError when the tag is not by the grammar.
 */
export function bentoModel(tag: string, options: BentoModelOptions = {}): ModelDefinition {
  return { ...options, tag: Tag.parse(tag).toString() };
}

/** The token of a model's provider: for tests, and for factories that inject it. */
export function getModelToken(tag: string): string {
  return `bentonest.model.${Tag.parse(tag).toString()}`;
}

/** Injects the {@link BentoModel} of a tag, which must be among the `models` of the module. */
export function InjectModel(tag: string): PropertyDecorator & ParameterDecorator {
  return Inject(getModelToken(tag));
}

export function createModelProvider({ tag, home }: ModelDefinition): Provider {
  return {
    provide: getModelToken(tag),
    inject: [ModelStore],
    useFactory: async (injected: ModelStore) => {
      const store = home === undefined ? injected : new ModelStore({ home });
      return new BentoModel(await store.describe(tag));
    },
  };
}
