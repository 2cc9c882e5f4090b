import { DTYPES, NdArray, bytesPerElement, viewOf } from 'bentonest/tensor';
import type { DType, TensorData } from 'bentonest/tensor';
import { WireProtocolError } from '../runner.errors.js';
import type { TensorChunks } from './tensor-chunks.js';

const TENSOR_HEADER_BYTES = 8;
const MAX_RANK = 32;

export const align8 = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** A tensor made ready to be written: its sizes known, strings encoded. */
export interface TensorBlock {
  readonly tensor: TensorChunks;
  /** The data of a string tensor; of others, see `pieces`. */
  readonly text: Buffer | undefined;
  readonly dataBytes: number;
  /** Header, dimensions, data and padding. */
  readonly totalBytes: number;
}

export function toBlock(tensor: TensorChunks): TensorBlock {
  const text = tensor.dtype === 'string' ? encodeStrings(tensor.chunks as string[][]) : undefined;
  let dataBytes = text?.length ?? 0;
  for (const chunk of tensor.chunks) {
    if (ArrayBuffer.isView(chunk)) dataBytes += chunk.byteLength;
  }
  const totalBytes = dataOffset(tensor.shape.length) + align8(dataBytes);
  return { tensor, text, dataBytes, totalBytes };
}

function dataOffset(rank: number): number {
  return align8(TENSOR_HEADER_BYTES + 4 * rank);
}

function encodeStrings(chunks: readonly (readonly string[])[]): Buffer {
  const parts = chunks.flat().flatMap((text) => {
    const bytes = Buffer.from(text, 'utf8');
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}

/** The data as it lies in memory, without a copy. */
export function piecesOf({ tensor, text }: TensorBlock): Uint8Array[] {
  if (text !== undefined) return [text];
  return tensor.chunks.flatMap((chunk) =>
    ArrayBuffer.isView(chunk)
      ? [new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)]
      : [],
  );
}

/** Copies the data to `start`, a multiple of 8 in the target's own buffer. */
export function copyData(target: Buffer, start: number, { tensor, text }: TensorBlock): void {
  const { dtype, chunks } = tensor;
  if (text !== undefined || dtype === 'string') {
    text?.copy(target, start);
    return;
  }
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  // One view for all pieces: a view per piece would cost more than its few bytes.
  const view = viewOf(dtype, target.buffer, target.byteOffset + start, length) as Float64Array;
  let at = 0;
  for (const chunk of chunks) {
    view.set(chunk as Float64Array, at);
    at += chunk.length;
  }
}

/** Writes header and dimensions at `offset` and returns where the data begins. */
export function writeBlockHeader(target: Buffer, offset: number, block: TensorBlock): number {
  const { dtype, shape } = block.tensor;
  target.writeUInt8(DTYPES.indexOf(dtype), offset);
  target.writeUInt8(shape.length, offset + 1);
  target.writeUInt16LE(0, offset + 2);
  target.writeUInt32LE(block.dataBytes, offset + 4);
  let at = offset + TENSOR_HEADER_BYTES;
  for (const dimension of shape) at = target.writeUInt32LE(dimension, at);
  const start = offset + dataOffset(shape.length);
  target.fill(0, at, start);
  return start;
}

/** The tensor at `offset` of a frame, as a view of it, and the offset behind it. */
export function readBlock(frame: Buffer, offset: number): { tensor: NdArray; end: number } {
  if (offset + TENSOR_HEADER_BYTES > frame.length) throw new WireProtocolError('a cut tensor');
  const dtype = DTYPES[frame.readUInt8(offset)];
  if (dtype === undefined) throw new WireProtocolError('an unknown dtype');
  const rank = frame.readUInt8(offset + 1);
  const dataBytes = frame.readUInt32LE(offset + 4);
  const start = offset + dataOffset(rank);
  const end = start + align8(dataBytes);
  if (rank > MAX_RANK || end > frame.length) throw new WireProtocolError('a tensor past the frame');
  const shape: number[] = [];
  let length = 1;
  for (let i = 0; i < rank; i++) {
    const dimension = frame.readUInt32LE(offset + TENSOR_HEADER_BYTES + 4 * i);
    shape.push(dimension);
    length *= dimension;
  }
  const data = readData(dtype, frame.subarray(start, start + dataBytes), length);
  return { tensor: new NdArray(dtype, data, shape), end };
}

function readData(dtype: DType, bytes: Buffer, length: number): TensorData {
  if (dtype === 'string') return readStrings(bytes, length);
  if (length * bytesPerElement(dtype) !== bytes.length) {
    throw new WireProtocolError('a tensor whose shape and data disagree');
  }
  return viewOf(dtype, bytes.buffer, bytes.byteOffset, length);
}

function readStrings(bytes: Buffer, length: number): string[] {
  if (length * 4 > bytes.length) throw new WireProtocolError('fewer strings than the shape says');
  const texts: string[] = [];
  let at = 0;
  for (let i = 0; i < length; i++) {
    const start = at + 4;
    const end = start <= bytes.length ? start + bytes.readUInt32LE(at) : Infinity;
    if (end > bytes.length) throw new WireProtocolError('a cut string');
    texts.push(bytes.toString('utf8', start, end));
    at = end;
  }
  if (at !== bytes.length) throw new WireProtocolError('more string bytes than the shape says');
  return texts;
}
