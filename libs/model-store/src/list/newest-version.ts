import { readFile } from 'node:fs/promises';
import { join, basename } from 'node:path';
import { isAbsent, listTagParts } from '../contained-path.js';
import { Tag } from '../tag.js';
import { readSummary } from './summary.js';

/**
 * The version of a name's folder that was made last; of those made at once, the last by name. One whose
 * model.yaml cannot be read is older than any other.
 */
export async function newestVersion(folder: string): Promise<string | undefined> {
  const name = basename(folder);
  let newest: { readonly version: string; readonly time: number } | undefined;
  for (const version of (await listTagParts(folder)).toSorted()) {
    const time = await timeOf(join(folder, version), new Tag(name, version));
    if (time !== undefined && time >= (newest?.time ?? -Infinity)) newest = { version, time };
  }
  return newest?.version;
}

async function timeOf(folder: string, tag: Tag): Promise<number | undefined> {
  try {
    const text = await readFile(join(folder, 'model.yaml'), 'utf8');
    return readSummary(text, tag).createdAt.getTime();
  } catch (error) {
    // Deleted since it was listed, or one that Python's BentoML is writing.
    return isAbsent(error) ? undefined : -Infinity;
  }
}
