import { ModelStore } from 'bentonest/model-store';
import type { ExportFormat } from 'bentonest/model-store';
import { print } from '../output/print.js';
import { interruptible } from './interruptible.js';

export interface ExportOptions {
  readonly format?: ExportFormat;
  readonly overwrite?: boolean;
  readonly home?: string;
}

export async function exportModel(
  tag: string,
  target: string | undefined,
  { format, overwrite, home }: ExportOptions,
): Promise<void> {
  const store = new ModelStore({ home });
  const written = await interruptible('Exporting', (by) =>
    store.export(tag, target ?? '.', { format, overwrite, ...by }),
  );
  print(`${written}\n`);
}
