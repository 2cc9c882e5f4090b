import { ModelStore } from 'bentonest/model-store';
import type { ExportFormat } from 'bentonest/model-store';
import { printAs } from '../output/print.js';
import type { AnswerFormat } from '../output/print.js';
import { interruptible } from './interruptible.js';

export interface ExportOptions {
  readonly format?: ExportFormat;
  readonly overwrite?: boolean;
  readonly output: AnswerFormat;
  readonly home?: string;
}

export async function exportModel(
  tag: string,
  target: string | undefined,
  { format, overwrite, output, home }: ExportOptions,
): Promise<void> {
  const store = new ModelStore({ home });
  const { tag: model } = await store.describe(tag);
  const written = await interruptible('Exporting', (by) =>
    store.export(model, target ?? '.', { format, overwrite, ...by }),
  );
  await printAs(output, { tag: model.toString(), target: written }, () => `${written}\n`);
}
