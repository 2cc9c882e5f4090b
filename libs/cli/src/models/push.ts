import { ModelStore } from 'bentonest/model-store';
import { print } from '../output/print.js';
import { interruptible } from './interruptible.js';
import { requireS3Url } from './s3-url.js';

export interface PushOptions {
  readonly overwrite?: boolean;
  readonly home?: string;
}

export async function pushModel(
  tag: string,
  url: string,
  { overwrite, home }: PushOptions,
): Promise<void> {
  requireS3Url(url);
  const store = new ModelStore({ home });
  const written = await interruptible('Pushing', (by) =>
    store.export(tag, url, { overwrite, ...by }),
  );
  print(`${written}\n`);
}
