import { ModelStore } from 'bentonest/model-store';
import { printAs } from '../output/print.js';
import type { AnswerFormat } from '../output/print.js';
import { interruptible } from './interruptible.js';
import { requireS3Url } from './s3-url.js';

export interface PushOptions {
  readonly overwrite?: boolean;
  readonly output: AnswerFormat;
  readonly home?: string;
}

export async function pushModel(
  tag: string,
  url: string,
  { overwrite, output, home }: PushOptions,
): Promise<void> {
  requireS3Url(url);
  const store = new ModelStore({ home });
  const { tag: model } = await store.describe(tag);
  const written = await interruptible('Pushing', (by) =>
    store.export(model, url, { overwrite, ...by }),
  );
  await printAs(output, { tag: model.toString(), target: written }, () => `${written}\n`);
}
