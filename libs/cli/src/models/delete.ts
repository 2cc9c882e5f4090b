import { createInterface } from 'node:readline/promises';
import { ModelStore, Tag } from 'bentonest/model-store';
import { CommandFailedError, CommandUsageError } from '../cli.errors.js';
import { printAs } from '../output/print.js';
import type { AnswerFormat } from '../output/print.js';

export interface DeleteOptions {
  readonly yes?: boolean;
  readonly output: AnswerFormat;
  readonly home?: string;
}

export async function deleteModels(
  targets: readonly string[],
  { yes = false, output, home }: DeleteOptions,
): Promise<void> {
  const store = new ModelStore({ home });
  // All of them are looked up before the first is deleted.
  const found = await Promise.all(targets.map((target) => tagsOf(store, target)));
  const tags = [...new Set(found.flat())];
  if (!yes && !(await isConfirmed(tags))) {
    throw new CommandFailedError('Nothing has been deleted.');
  }
  for (const tag of tags) {
    await store.delete(tag);
    // Line by line: what has been deleted is told even where the next one fails.
    if (output === 'text') await printAs(output, tag, () => `Deleted ${tag}\n`);
  }
  if (output !== 'text') await printAs(output, { deleted: tags }, () => '');
}

/** The models that a target means: all versions of a bare name. A broken one can be deleted too. */
async function tagsOf(store: ModelStore, target: string): Promise<string[]> {
  const { name, version } = Tag.parse(target);
  if (version === 'latest') return [(await store.describe(target)).tag.toString()];
  const broken: string[] = [];
  const whole = await store.list(name, { onProblem: (tag) => broken.push(tag.toString()) });
  const versions = [...whole.map(({ tag }) => tag.toString()), ...broken];
  const meant = version === undefined ? versions : versions.filter((tag) => tag === target);
  if (meant.length === 0) {
    // Says what the nearest are.
    const { tag } = await store.describe(target);
    throw new CommandFailedError(
      `Expected the whole version to delete, got the beginning of ${tag.toString()}. Name that.`,
    );
  }
  return meant;
}

async function isConfirmed(tags: readonly string[]): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CommandUsageError(
      'Expected --yes, for there is no terminal to ask on. Nothing has been deleted.',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Delete ${tags.join(', ')}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
