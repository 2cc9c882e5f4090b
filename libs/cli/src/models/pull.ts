import { importModel } from './import.js';
import type { ImportOptions } from './import.js';
import { requireS3Url } from './s3-url.js';

export async function pullModel(url: string, options: ImportOptions): Promise<void> {
  requireS3Url(url);
  await importModel(url, options);
}
