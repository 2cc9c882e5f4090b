import { loadConfig, renderConfigPage } from 'bentonest/config';
import { print, printAs } from '../output/print.js';
import type { OutputFormat } from '../output/print.js';
import { formatTable } from '../output/table.js';

export async function printConfig({ output }: { readonly output: OutputFormat }): Promise<void> {
  const { entries } = loadConfig();
  const document = entries.map(({ path: key, value = null, source }) => ({ key, value, source }));
  await printAs(output, document, () =>
    formatTable(
      ['Key', 'Value', 'From'],
      document.map(({ key, value, source }) => [key, show(value), source]),
    ),
  );
}

export function printKeys(): void {
  print(renderConfigPage());
}

function show(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
