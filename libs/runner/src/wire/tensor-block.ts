import { DTYPES, NdArray, bytesPerElement, viewOf } from 'bentonest/tensor';
import type { DType, TensorData } from 'bentonest/tensor';
import { WireProtocolError } from '../runner.errors.js';
import type { TensorChunks } from './tensor-chunks.js';

const TENSOR_HEADER_BYTES = 8;
const MAX_RANK = 32;

export const align8 = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** A tensor made ready to be written: its pieces as bytes, strings encoded. */
export interface TensorBlock {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly pieces: readonly Uint8Array[];
  readonly dataBytes: number;
  /** Header, dimensions, data and padding. */
  readonly totalBytes: number;
}

export function toBlock(tensor: TensorChunks): TensorBlock {
  const pieces = tensor.chunks.map((chunk) => bytesOf(chunk));
  const dataBytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  const totalBytes = dataOffset(tensor.shape.length) + align8(dataBytes);
  return { dtype: tensor.dtype, shape: tensor.shape, pieces, dataBytes, totalBytes };
}

function dataOffset(rank: number): number {
  return align8(TENSOR_HEADER_BYTES + 4 * rank);
}

function bytesOf(data: TensorData): Uint8Array {
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const texts = data.map((text) => Buffer.from(text, 'utf8'));
  const lengths = texts.flatMap((text) => {
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32LE(text.length);
    return [length, text];
  });
  return Buffer.concat(lengths);
}

/** Writes header and dimensions at `offset` and returns where the data begins. */
export function writeBlockHeader(target: Buffer, offset: number, block: TensorBlock): number {
  target.writeUInt8(DTYPES.indexOf(block.dtype), offset);
  target.writeUInt8(block.shape.length, offset + 1);
  target.writeUInt16LE(0, offset + 2);
  target.writeUInt32LE(block.dataBytes, offset + 4);
  let at = offset + TENSOR_HEADER_BYTES;
  for (const dimension of block.shape) at = target.writeUInt32LE(dimension, at);
  const start = offset + dataOffset(block.shape.length);
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
