import { PayloadTooLargeError } from '../runner.errors.js';
import { FRAME_TYPES, HEADER_BYTES, MAX_FRAME_BYTES, WIRE_VERSION } from './frame.js';
import type { OutgoingFrame } from './frame.js';
import { align8, copyData, piecesOf, toBlock, writeBlockHeader } from './tensor-block.js';
import type { TensorBlock } from './tensor-block.js';

/** Up to here copying into one buffer beats a vectored write (measured: a batch of 32 × 784 floats). */
const COPY_LIMIT_BYTES = 256 * 1024;

/**
 * The bytes of a frame: one buffer where it is small, else the tensors' own memory between headers,
 * for one vectored write. The pieces must not change until they are written.
 *
 * @throws PayloadTooLargeError above 1 GiB.
 */
export function encodeFrame(frame: OutgoingFrame): Uint8Array[] {
  const head = 'head' in frame ? Buffer.from(JSON.stringify(frame.head), 'utf8') : Buffer.alloc(0);
  const blocks = 'tensors' in frame ? frame.tensors.map((tensor) => toBlock(tensor)) : [];
  const headEnd = HEADER_BYTES + align8(head.length);
  const length = blocks.reduce((sum, block) => sum + block.totalBytes, headEnd);
  if (length > MAX_FRAME_BYTES) throw new PayloadTooLargeError(length, MAX_FRAME_BYTES);

  const copied = length <= COPY_LIMIT_BYTES;
  const headerSpace = copied ? length : headEnd;
  const buffer = Buffer.allocUnsafe(headerSpace);
  writeHeader(buffer, frame, { length, headBytes: head.length, tensors: blocks.length });
  head.copy(buffer, HEADER_BYTES);
  buffer.fill(0, HEADER_BYTES + head.length, headEnd);
  if (!copied) return [buffer, ...blocks.flatMap((block) => blockPieces(block))];
  let at = headEnd;
  for (const block of blocks) at = copyBlock(buffer, at, block);
  return [buffer];
}

function writeHeader(
  buffer: Buffer,
  frame: OutgoingFrame,
  sizes: { length: number; headBytes: number; tensors: number },
): void {
  buffer.writeUInt32LE(sizes.length, 0);
  buffer.writeUInt8(WIRE_VERSION, 4);
  buffer.writeUInt8(FRAME_TYPES.indexOf(frame.type), 5);
  buffer.writeUInt16LE(sizes.tensors, 6);
  buffer.writeUInt32LE('id' in frame ? frame.id : 0, 8);
  buffer.writeUInt32LE(sizes.headBytes, 12);
  buffer.writeDoubleLE('deadline' in frame ? frame.deadline : 0, 16);
}

function copyBlock(buffer: Buffer, offset: number, block: TensorBlock): number {
  const start = writeBlockHeader(buffer, offset, block);
  copyData(buffer, start, block);
  const end = offset + block.totalBytes;
  buffer.fill(0, start + block.dataBytes, end);
  return end;
}

function blockPieces(block: TensorBlock): Uint8Array[] {
  const padding = align8(block.dataBytes) - block.dataBytes;
  const header = Buffer.alloc(block.totalBytes - block.dataBytes - padding);
  writeBlockHeader(header, 0, block);
  const pieces = [header, ...piecesOf(block)];
  if (padding > 0) pieces.push(Buffer.alloc(padding));
  return pieces;
}
