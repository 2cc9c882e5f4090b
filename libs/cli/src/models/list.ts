import { ModelStore } from 'bentonest/model-store';
import type { ModelSummary } from 'bentonest/model-store';
import { printAs } from '../output/print.js';
import type { OutputFormat } from '../output/print.js';
import { formatBytes, formatTable, formatTime } from '../output/table.js';
import { formatLabels, summaryDocument } from './model-document.js';

export interface ListOptions {
  readonly label?: Readonly<Record<string, string>>;
  readonly output: OutputFormat;
  readonly home?: string;
}

const HEADING = ['Tag', 'Module', 'Size', 'Created', 'Labels'];

export async function listModels(
  name: string | undefined,
  { label, output, home }: ListOptions,
): Promise<void> {
  const models = await new ModelStore({ home }).list(name, { labels: label });
  await printAs(
    output,
    models.map((model) => summaryDocument(model)),
    () => listTable(models),
  );
}

/** A broken model has its problem where others have their module. */
export function listTable(models: readonly ModelSummary[]): string {
  const rows = models.map(({ tag, module, sizeBytes, createdAt, labels, problem }) => [
    tag.toString(),
    problem === undefined ? (module ?? '') : 'broken',
    formatBytes(sizeBytes),
    createdAt === undefined ? '' : formatTime(createdAt),
    formatLabels(labels),
  ]);
  const problems = models.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  return formatTable(HEADING, rows, [2]) + problems.map((problem) => `\n${problem}\n`).join('');
}
