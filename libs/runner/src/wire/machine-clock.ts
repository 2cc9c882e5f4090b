/**
 * The clock of deadlines on the wire, in milliseconds: the machine's monotonic one, which all of its
 * processes read alike, whenever they started. The wall clock may be set at any time, and each call would
 * then be late, or none.
 */
export function machineNow(): number {
  return OFFSET_MS + performance.now();
}

/** A time of `performance.now()`, which counts from the start of this process, on that clock. */
export function toMachineTime(time: number): number {
  return OFFSET_MS + time;
}

const OFFSET_MS = offset();

function offset(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6 - performance.now();
}
