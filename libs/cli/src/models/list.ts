import { Tag } from 'bentonest/model-store';
import { printAs } from '../output/print.js';
import type { OutputFormat } from '../output/print.js';
import { formatBytes, formatTable, formatTime } from '../output/table.js';
import { formatLabels, summaryDocument } from './model-document.js';
import { openStore } from './open-store.js';

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
  if (name !== undefined) Tag.parse(name);
  const models = await openStore(home).list(name, { labels: label });
  await printAs(
    output,
    models.map((model) => summaryDocument(model)),
    () =>
      formatTable(
        HEADING,
        models.map(({ tag, module, sizeBytes, createdAt, labels }) => [
          tag.toString(),
          module,
          formatBytes(sizeBytes),
          formatTime(createdAt),
          formatLabels(labels),
        ]),
        [2],
      ),
  );
}
