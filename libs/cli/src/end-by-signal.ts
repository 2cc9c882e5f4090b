/**
 * Ends the process by a signal that it has caught: to a shell that is 128 and its number, and a loop in a
 * script ends with it, which goes on after an exit of that code. Nor does it wait for a blocked read.
 */
export function endBySignal(number: number): never {
  if (process.platform !== 'win32') process.kill(process.pid, number);
  // The first process of a container does not die of signals.
  process.exit(128 + number);
}
