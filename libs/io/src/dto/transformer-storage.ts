import { createRequire } from 'node:module';
import { Expose } from 'class-transformer';
import type { TransformMetadata } from 'class-transformer';
import type { MetadataStorage } from 'class-transformer/types/MetadataStorage.js';
import type { DtoClass } from './dto-class.js';

type Transforms = ReadonlyMap<unknown, ReadonlyMap<string, readonly TransformMetadata[]>>;

const STORAGE = 'class-transformer/cjs/storage.js';

let storage: MetadataStorage | undefined;

/** class-transformer's own record of @Type, @Expose, @Exclude and @Transform, which it does not export. */
export function transformerStorage(): MetadataStorage {
  storage ??= (
    createRequire(import.meta.url)(STORAGE) as { defaultMetadataStorage: MetadataStorage }
  ).defaultMetadataStorage;
  return storage;
}

let isInUse: boolean | undefined;

/** A bundler may have given the decorators a storage of their own: this one would then be empty. */
export function isStorageInUse(): boolean {
  isInUse ??= seesDecorators() && allTransforms() instanceof Map;
  return isInUse;
}

function seesDecorators(): boolean {
  class Probe {
    declare field: unknown;
  }
  Expose()(Probe.prototype, 'field');
  return transformerStorage().getExposedMetadatas(Probe).length === 1;
}

/** Field with a @Transform that runs when bodies are read, of the class or one that it extends. */
export function findTransformedField(dto: DtoClass): string | undefined {
  for (const [target, fields] of allTransforms()) {
    if (dto !== target && !(dto.prototype instanceof (target as DtoClass))) continue;
    for (const [field, transforms] of fields) {
      if (transforms.some(({ options }) => options?.toPlainOnly !== true)) return field;
    }
  }
  return undefined;
}

function allTransforms(): Transforms {
  return Reflect.get(transformerStorage(), '_transformMetadatas') as Transforms;
}
