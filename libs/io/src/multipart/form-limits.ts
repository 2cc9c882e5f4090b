import type { IoDescriptor } from '../io-descriptor.js';

/** What a form may have, resolved. */
export interface FormLimits {
  readonly forbidUnknown: boolean;
  readonly maxParts: number;
  readonly maxPartBytes: number;
  readonly maxHeaders: number;
  readonly maxHeaderBytes: number;
  readonly maxMemoryBytes: number;
  /** Parts that may be missing. */
  readonly optional: ReadonlySet<string>;
}

/** The descriptors of a form's parts by their names. */
export type FormFields = ReadonlyMap<string, IoDescriptor>;
