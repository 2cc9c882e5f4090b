import { DataFrame, NdArray } from 'bentonest/tensor';
import { TensorChunks } from './tensor-chunks.js';

/** A tensor on its way to the wire, whole or in pieces. */
export type OutgoingTensor = NdArray | TensorChunks;

export type GroupKind = 'record' | 'frame';

/** In their order, which an object would not keep of names such as "10" and "9". */
export type NamedTensors<Tensor extends OutgoingTensor = OutgoingTensor> = readonly (readonly [
  name: string,
  tensor: Tensor,
])[];

/** Columns of several DataFrames, joined: on its way to the wire they may lie in pieces. */
export class FrameChunks {
  constructor(readonly columns: NamedTensors) {}
}

/** Named tensors that travel together: a plain record, or a DataFrame's columns. */
export interface TensorGroup<Tensor extends OutgoingTensor = OutgoingTensor> {
  readonly kind: GroupKind;
  readonly tensors: NamedTensors<Tensor>;
}

export function isTensor(value: unknown): value is OutgoingTensor {
  return value instanceof NdArray || value instanceof TensorChunks;
}

/** The tensors of a group; undefined for what is none. An empty object is none: it is JSON. */
export function groupOf(value: unknown): TensorGroup | undefined {
  if (typeof value !== 'object' || value === null || isTensor(value)) return undefined;
  if (value instanceof DataFrame) return { kind: 'frame', tensors: value.entries() };
  if (value instanceof FrameChunks) return { kind: 'frame', tensors: value.columns };
  if (Array.isArray(value)) return undefined;
  const tensors = Object.entries(value) as [string, unknown][];
  if (tensors.length === 0 || !tensors.every((entry) => isTensor(entry[1]))) return undefined;
  return { kind: 'record', tensors: tensors as [string, OutgoingTensor][] };
}

/** A value of the kind, of whole tensors. */
export function toGroupValue(
  kind: GroupKind,
  tensors: NamedTensors<NdArray>,
): DataFrame | Record<string, NdArray> {
  return kind === 'frame' ? new DataFrame(tensors) : Object.fromEntries(tensors);
}

/** The same for tensors that may lie in pieces. */
export function toOutgoingGroup(
  kind: GroupKind,
  tensors: NamedTensors,
): FrameChunks | Record<string, OutgoingTensor> {
  return kind === 'frame' ? new FrameChunks(tensors) : Object.fromEntries(tensors);
}
