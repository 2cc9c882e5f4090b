import { ModelStore } from 'bentonest/model-store';
import type { ModelEntry } from 'bentonest/model-store';
import { print, printAs } from '../output/print.js';
import type { OutputFormat } from '../output/print.js';
import { formatPairs, formatTime } from '../output/table.js';
import { metadataRows } from './metadata-rows.js';
import { formatLabels, modelDocument } from './model-document.js';

export interface GetOptions {
  readonly output: OutputFormat | 'path';
  readonly home?: string;
}

export async function getModel(tag: string, { output, home }: GetOptions): Promise<void> {
  const model = await new ModelStore({ home }).describe(tag);
  if (output === 'path') print(`${model.folder}\n`);
  else await printAs(output, modelDocument(model), () => modelTable(model));
}

/** What a person wants to know of a model; `-o json` has all of it. */
export function modelTable(model: ModelEntry): string {
  const { tag, module, createdAt, labels, signatures, metadata, folder } = model;
  const methods = Object.entries(signatures).map(([method, { batchable, batchDim }]) =>
    batchable ? `${method} (batches along ${batchDim.join(', ')})` : method,
  );
  const pairs: [string, string][] = [
    ['Tag', tag.toString()],
    ['Module', module],
    ['Created', formatTime(createdAt)],
    ['Labels', formatLabels(labels)],
    ['Methods', methods.join(', ')],
    ...metadataRows(metadata),
    ['Path', folder],
  ];
  return formatPairs(pairs.filter(([, value]) => value !== ''));
}
