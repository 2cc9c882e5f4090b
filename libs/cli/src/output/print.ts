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

/** `-o` of a command whose answer for people is a line of text. */
export function answerOption(): Option {
  return new Option('-o, --output <format>', 'how to print it')
    .choices(['text', 'json', 'yaml'])
    .default('text');
}

export type AnswerFormat = 'text' | 'json' | 'yaml';

/** Prints `value` as JSON or YAML, or what `table` makes of it. */
export async function printAs(
  format: OutputFormat | AnswerFormat,
  value: unknown,
  table: () => string,
): Promise<void> {
  if (format === 'table' || format === 'text') return print(table());
  if (format === 'json') return print(`${JSON.stringify(value, undefined, 2)}\n`);
  const { stringify } = await import('yaml');
  print(stringify(value));
}
