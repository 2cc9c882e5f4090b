// STUB of the lead, to be replaced by the scanner
import { NdArray } from '../nd-array.js';
import type { DType } from '../dtype.js';
import type { Nested } from '../nested.js';
export interface JsonNdArrayOptions {
  dtype?: DType;
  maxDepth?: number;
}
export function parseJsonNdArray(b: Uint8Array, o: JsonNdArrayOptions = {}): NdArray {
  return NdArray.from(JSON.parse(Buffer.from(b).toString()) as Nested, o);
}
