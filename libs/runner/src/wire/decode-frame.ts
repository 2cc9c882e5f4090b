import type { NdArray } from 'bentonest/tensor';
import { WireProtocolError } from '../runner.errors.js';
import { FRAME_TYPES, HEADER_BYTES } from './frame.js';
import type { CallFrame, ErrorFrame, Frame, HelloFrame, ResultFrame } from './frame.js';
import { align8, readBlock } from './tensor-block.js';

/**
 * The frame in `bytes`, its tensors views of them: `bytes` must begin at a multiple of 8 in its
 * buffer and be the frame's own. Nothing but numbers, JSON and tensors of the known dtypes is read.
 *
 * @throws WireProtocolError for anything that is not a well-formed frame of this version.
 */
export function decodeFrame(bytes: Buffer): Frame {
  const type = FRAME_TYPES[bytes.readUInt8(5)];
  const id = bytes.readUInt32LE(8);
  const headBytes = bytes.readUInt32LE(12);
  const headEnd = HEADER_BYTES + align8(headBytes);
  if (headEnd > bytes.length) throw new WireProtocolError('a head past the frame');
  const tensors = readTensors(bytes, headEnd);
  if (type === 'cancel') return { type, id };
  const head = readHead(bytes.subarray(HEADER_BYTES, HEADER_BYTES + headBytes));
  switch (type) {
    case 'hello':
      return { type, head: checkHello(head) };
    case 'call':
      return { type, id, deadline: bytes.readDoubleLE(16), head: checkCall(head), tensors };
    case 'result':
      return { type, id, head: checkResult(head), tensors };
    case 'error':
      return { type, id, head: checkError(head) };
    case undefined:
      throw new WireProtocolError('an unknown frame type');
  }
}

function readTensors(bytes: Buffer, start: number): NdArray[] {
  const tensors: NdArray[] = [];
  let at = start;
  for (let count = bytes.readUInt16LE(6); count > 0; count--) {
    const { tensor, end } = readBlock(bytes, at);
    tensors.push(tensor);
    at = end;
  }
  if (at !== bytes.length) throw new WireProtocolError('bytes behind the last tensor');
  return tensors;
}

type Head = Readonly<Record<string, unknown>>;

function readHead(bytes: Buffer): Head {
  let head: unknown;
  try {
    head = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new WireProtocolError('a head that is not JSON', { cause });
  }
  if (typeof head === 'object' && head !== null && !Array.isArray(head)) return { ...head };
  throw new WireProtocolError('a head that is not an object');
}

function checkHello(head: Head): HelloFrame['head'] {
  if (Number.isInteger(head.pid) && Array.isArray(head.methods)) return head as HelloFrame['head'];
  throw new WireProtocolError('a hello without pid and methods');
}

function checkCall(head: Head): CallFrame['head'] {
  if (typeof head.method === 'string' && isLayouts(head.args)) return head as CallFrame['head'];
  throw new WireProtocolError('a call without method and args');
}

function checkResult(head: Head): ResultFrame['head'] {
  if (isLayouts(head.values)) return head as ResultFrame['head'];
  throw new WireProtocolError('a result without values');
}

function checkError(head: Head): ErrorFrame['head'] {
  if (typeof head.code === 'string' && typeof head.message === 'string') {
    return head as ErrorFrame['head'];
  }
  throw new WireProtocolError('an error without code and message');
}

function isLayouts(value: unknown): boolean {
  return Array.isArray(value) && value.every((layout) => Array.isArray(layout));
}
