import { ModelStore } from 'bentonest/model-store';
import type { StoredModel, Tag } from 'bentonest/model-store';

/** What `list` tells of a model. */
export interface ModelSummary {
  readonly tag: Tag;
  /** Undefined where it is broken. */
  readonly module?: string;
  readonly sizeBytes: number;
  /** Undefined where it is broken. */
  readonly createdAt?: Date;
  readonly labels: Readonly<Record<string, string>>;
  /** Why it cannot be used: a sentence with the cure. */
  readonly problem?: string;
}

export type ExportFormat = 'bentomodel' | 'tar' | 'gz' | 'folder';

type OnProgress = (done: number, total?: number) => void;

/**
 * The store with its write side, as the commands use it. TODO(#6): when the write side is merged, this
 * interface and the cast go, and the types come from bentonest/model-store.
 */
export interface WritableStore extends ModelStore {
  list(
    name?: string,
    options?: { labels?: Readonly<Record<string, string>> },
  ): Promise<readonly ModelSummary[]>;
  delete(tag: string): Promise<void>;
  import(
    source: string,
    options?: {
      tag?: string;
      labels?: Readonly<Record<string, string>>;
      signal?: AbortSignal;
      onProgress?: OnProgress;
    },
  ): Promise<StoredModel>;
  export(
    tag: string,
    target: string,
    options?: {
      format?: ExportFormat;
      overwrite?: boolean;
      signal?: AbortSignal;
      onProgress?: OnProgress;
    },
  ): Promise<string>;
}

export function openStore(home?: string): WritableStore {
  return new ModelStore({ home }) as WritableStore;
}
