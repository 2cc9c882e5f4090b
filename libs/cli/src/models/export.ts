import { print } from '../output/print.js';
import { interruptible } from './interruptible.js';
import { openStore } from './open-store.js';
import type { ExportFormat } from './open-store.js';

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
  const store = openStore(home);
  const written = await interruptible('Exporting', (by) =>
    store.export(tag, target ?? '.', { format, overwrite, ...by }),
  );
  print(`${written}\n`);
}
