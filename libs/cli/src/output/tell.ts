/** A line for whoever watches, on stderr: stdout is for results, and for the application that is served. */
export function tell(line: string): void {
  process.stderr.write(`bentonest: ${line}\n`);
}
