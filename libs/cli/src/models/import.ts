import { ModelStore } from 'bentonest/model-store';
import { printAs } from '../output/print.js';
import type { OutputFormat } from '../output/print.js';
import { modelTable } from './get.js';
import { interruptible } from './interruptible.js';
import { modelDocument } from './model-document.js';

export interface ImportOptions {
  readonly tag?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly output: OutputFormat;
  readonly home?: string;
}

export async function importModel(
  source: string,
  { tag, label, output, home }: ImportOptions,
): Promise<void> {
  const store = new ModelStore({ home });
  const model = await interruptible('Importing', (by) =>
    store.import(source, { tag, labels: label, ...by }),
  );
  await printAs(output, modelDocument(model), () => modelTable(model));
}
