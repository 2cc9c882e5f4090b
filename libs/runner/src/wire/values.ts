import { NdArray } from 'bentonest/tensor';
import { UnsupportedValueError, WireProtocolError } from '../runner.errors.js';
import type { ValueLayout } from './frame.js';
import { TensorChunks } from './tensor-chunks.js';

/** Arguments or results taken apart: JSON layouts for the head, tensors for the blocks. */
export interface PackedValues {
  readonly layouts: readonly ValueLayout[];
  readonly tensors: readonly TensorChunks[];
}

/** A tensor on its way to the wire, whole or in pieces. */
export type OutgoingTensor = NdArray | TensorChunks;

/**
 * Takes values apart. A value is a tensor, a plain object whose values are all tensors, or JSON.
 *
 * @throws UnsupportedValueError for what is none of them: a tensor inside JSON, a function, a bigint.
 */
export function packValues(values: readonly unknown[]): PackedValues {
  const layouts: ValueLayout[] = [];
  const tensors: TensorChunks[] = [];
  for (const value of values) {
    if (isTensor(value)) {
      layouts.push(['tensor']);
      tensors.push(toChunks(value));
    } else if (isTensorRecord(value)) {
      layouts.push(['record', ...Object.keys(value)]);
      tensors.push(...Object.values(value).map((tensor) => toChunks(tensor)));
    } else {
      layouts.push(['json', checkJson(value)]);
    }
  }
  return { layouts, tensors };
}

/** Puts values together again. */
export function unpackValues(
  layouts: readonly ValueLayout[],
  tensors: readonly NdArray[],
): unknown[] {
  let next = 0;
  const take = (): NdArray => {
    const tensor = tensors[next++];
    if (tensor === undefined) throw new WireProtocolError('fewer tensors than values');
    return tensor;
  };
  return layouts.map((layout) => {
    switch (layout[0]) {
      case 'tensor':
        return take();
      case 'record':
        return Object.fromEntries(layout.slice(1).map((name) => [name, take()]));
      case 'json':
        return layout[1];
      default:
        throw new WireProtocolError('an unknown value layout');
    }
  });
}

export function isTensor(value: unknown): value is OutgoingTensor {
  return value instanceof NdArray || value instanceof TensorChunks;
}

/** True for a plain object with at least one entry, all of them tensors. */
export function isTensorRecord(value: unknown): value is Record<string, OutgoingTensor> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (isTensor(value)) return false;
  const entries = Object.values(value);
  return entries.length > 0 && entries.every((entry) => isTensor(entry));
}

function toChunks(tensor: OutgoingTensor): TensorChunks {
  return tensor instanceof NdArray ? TensorChunks.of(tensor) : tensor;
}

function checkJson(value: unknown): unknown {
  const text = stringifyJson(value);
  if (text === undefined && value !== undefined) {
    throw new UnsupportedValueError(`a ${typeof value}`);
  }
  return value;
}

/** A tensor's toJSON has run when a replacer gets its value: its holder still has the tensor. */
function refuseTensors(this: unknown, key: string, value: unknown): unknown {
  if ((this as Record<string, unknown>)[key] instanceof NdArray) {
    throw new UnsupportedValueError('an NdArray inside JSON');
  }
  return value;
}

function stringifyJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, refuseTensors);
  } catch (cause) {
    if (cause instanceof UnsupportedValueError) throw cause;
    throw new UnsupportedValueError('a value that JSON cannot hold', { cause });
  }
}
