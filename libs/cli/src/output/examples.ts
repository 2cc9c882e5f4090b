/** The end of a command's help: lines to paste, and what each does. */
export function examples(...lines: readonly (readonly [line: string, does: string])[]): string {
  const width = Math.max(...lines.map(([line]) => line.length));
  const rows = lines.map(([line, does]) => `  $ ${line.padEnd(width)}   ${does}`.trimEnd());
  return ['', lines.length === 1 ? 'Example:' : 'Examples:', ...rows].join('\n');
}
