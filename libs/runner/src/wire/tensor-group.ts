import { DataFrame, NdArray } from 'bentonest/tensor';
import { TensorChunks } from './tensor-chunks.js';

/** A tensor on its way to the wire, whole or in pieces. */
export type OutgoingTensor = NdArray | TensorChunks;

export type GroupKind = 'record' | 'frame';

/** Columns of several DataFrames, joined: on its way to the wire they may lie in pieces. */
export class FrameChunks {
  constructor(readonly columns: Readonly<Record<string, OutgoingTensor>>) {}
}

/** Named tensors that travel together: a plain record, or a DataFrame's columns. */
export interface TensorGroup<Tensor extends OutgoingTensor = OutgoingTensor> {
  readonly kind: GroupKind;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

export function isTensor(value: unknown): value is OutgoingTensor {
  return value instanceof NdArray || value instanceof TensorChunks;
}

/** The tensors of a group; undefined for what is none. An empty object is none: it is JSON. */
export function groupOf(value: unknown): TensorGroup | undefined {
  if (typeof value !== 'object' || value === null || isTensor(value)) return undefined;
  if (value instanceof DataFrame || value instanceof FrameChunks) {
    return { kind: 'frame', tensors: value.columns };
  }
  if (Array.isArray(value)) return undefined;
  const entries = Object.values(value);
  const isGroup = entries.length > 0 && entries.every((entry) => isTensor(entry));
  return isGroup ? { kind: 'record', tensors: value as Record<string, OutgoingTensor> } : undefined;
}

/** A value of the kind, of whole tensors. */
export function toGroupValue(
  kind: GroupKind,
  entries: readonly (readonly [string, NdArray])[],
): DataFrame | Record<string, NdArray> {
  const tensors = Object.fromEntries(entries);
  return kind === 'frame' ? new DataFrame(tensors) : tensors;
}

/** The same for tensors that may lie in pieces. */
export function toOutgoingGroup(
  kind: GroupKind,
  entries: readonly (readonly [string, OutgoingTensor])[],
): FrameChunks | Record<string, OutgoingTensor> {
  const tensors = Object.fromEntries(entries);
  return kind === 'frame' ? new FrameChunks(tensors) : tensors;
}
