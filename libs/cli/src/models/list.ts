import { ModelStore } from 'bentonest/model-store';
import type { ModelSummary } from 'bentonest/model-store';
import { printAs } from '../output/print.js';
import type { OutputFormat } from '../output/print.js';
import { formatBytes, formatTable, formatTime } from '../output/table.js';
import { tell } from '../output/tell.js';
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
  const store = new ModelStore({ home });
  const problems: string[] = [];
  const models = await store.list(name, {
    labels: label,
    onProblem: (tag, problem) => problems.push(`${tag.toString()} is left out: ${problem}`),
  });
  // Says what the nearest names are, where there is none of this one.
  if (name !== undefined && models.length + problems.length === 0) await store.describe(name);
  await printAs(
    output,
    models.map((model) => summaryDocument(model)),
    () => listTable(models),
  );
  for (const problem of problems) tell(problem);
}

function listTable(models: readonly ModelSummary[]): string {
  const rows = models.map(({ tag, module, sizeBytes, createdAt, labels }) => [
    tag.toString(),
    module,
    formatBytes(sizeBytes),
    formatTime(createdAt),
    formatLabels(labels),
  ]);
  return formatTable(HEADING, rows, [2]);
}
