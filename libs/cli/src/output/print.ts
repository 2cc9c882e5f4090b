import { Option } from 'commander';

export type OutputFormat = 'table' | 'json' | 'yaml';

/** `-o`: tables are for people and may change; JSON and YAML are for programs and do not. */
export function outputOption(...more: readonly string[]): Option {
  return new Option('-o, --output <format>', 'how to print it')
    .choices(['table', 'json', 'yaml', ...more])
    .default('table');
}

export function print(text: string): void {
  process.stdout.write(text);
}

/** Prints `value` as JSON or YAML, or what `table` makes of it. */
export async function printAs(
  format: OutputFormat,
  value: unknown,
  table: () => string,
): Promise<void> {
  if (format === 'table') return print(table());
  if (format === 'json') return print(`${JSON.stringify(value, undefined, 2)}\n`);
  const { stringify } = await import('yaml');
  print(stringify(value));
}
