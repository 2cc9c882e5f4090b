import { DataFrame, NdArray, concat } from 'bentonest/tensor';
import { UnsupportedValueError, WireProtocolError } from '../runner.errors.js';
import type { ValueLayout } from './frame.js';
import { TensorChunks } from './tensor-chunks.js';
import { groupOf, isTensor, toGroupValue } from './tensor-group.js';
import type { OutgoingTensor } from './tensor-group.js';

/** Arguments or results taken apart: JSON layouts for the head, tensors for the blocks. */
export interface PackedValues {
  readonly layouts: readonly ValueLayout[];
  readonly tensors: readonly TensorChunks[];
}

/**
 * Takes values apart. A value is a tensor, a DataFrame, a plain object whose values are all tensors, or
 * JSON.
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
      continue;
    }
    const group = groupOf(value);
    if (group === undefined) {
      layouts.push(['json', checkJson(value)]);
    } else {
      layouts.push([group.kind, ...group.tensors.map(([name]) => name)]);
      tensors.push(...group.tensors.map(([, tensor]) => toChunks(tensor)));
    }
  }
  return { layouts, tensors };
}

/** A list with objects in it is several results; any other is one, of JSON. */
export function isSeveral(result: unknown): result is readonly unknown[] {
  return Array.isArray(result) && result.some((item) => typeof item === 'object');
}

/**
 * Values as they would come out of a wire, where there is none between caller and Runnable: JSON is
 * checked and copied, a Date is its text, and tensors are copied, those that lie in pieces into one.
 *
 * @throws UnsupportedValueError as {@link packValues}.
 */
export function passValues(values: readonly unknown[]): unknown[] {
  const { layouts, tensors } = packValues(values);
  const hasJson = layouts.some(([kind]) => kind === 'json');
  const passed = hasJson ? (JSON.parse(JSON.stringify(layouts)) as ValueLayout[]) : layouts;
  return unpackValues(
    passed,
    tensors.map((tensor) => joinChunks(tensor)),
  );
}

function joinChunks({ dtype, shape, chunks }: TensorChunks): NdArray {
  const [only] = chunks;
  // A copy, as a wire makes: a Runnable may write into what it gets, a caller into what it got.
  if (only !== undefined && chunks.length === 1) return new NdArray(dtype, only.slice(), shape);
  const flat = chunks.map((data) => new NdArray(dtype, data, [data.length]));
  return new NdArray(dtype, concat(flat).data, shape);
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
      case 'frame': {
        const names = layout.slice(1);
        return toGroupValue(
          layout[0],
          names.map((name) => [name, take()]),
        );
      }
      case 'json':
        return layout[1];
      default:
        throw new WireProtocolError('an unknown value layout');
    }
  });
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
  const held = (this as Record<string, unknown>)[key];
  if (held instanceof NdArray) throw new UnsupportedValueError('an NdArray inside JSON');
  if (held instanceof DataFrame) throw new UnsupportedValueError('a DataFrame inside JSON');
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
