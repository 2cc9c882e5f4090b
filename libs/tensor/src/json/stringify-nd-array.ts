// STUB of the lead, to be replaced
import type { NdArray } from '../nd-array.js';
export function stringifyNdArray(a: NdArray): string {
  return JSON.stringify(a.toNested());
}
