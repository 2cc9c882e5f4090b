import { readFile } from 'node:fs/promises';
import { join, basename } from 'node:path';
import { isAbsent, listTagParts } from '../contained-path.js';
import { Tag, isTagPart } from '../tag.js';
import { inTurns } from './in-turns.js';
import { readSummary } from './summary.js';

/**
 * Tells which of the versions in a name's folder was made last; of those made at once, the last by name.
 * One whose model.yaml cannot be read is older than any other. What it has read it does not read again:
 * a version never changes.
 */
export class NewestVersion {
  private readonly times = new Map<string, number>();

  constructor(private readonly folder: string) {}

  /** Undefined where none is there. */
  async ofAll(): Promise<string | undefined> {
    return this.of(await listTagParts(this.folder));
  }

  /** Of some; what is no version, or none any more, is not counted. */
  async of(versions: readonly string[]): Promise<string | undefined> {
    const sorted = versions.filter((version) => isTagPart(version)).toSorted();
    const times = await inTurns(sorted, (version) => this.timeOf(version));
    let newest: number | undefined;
    for (const [index, time] of times.entries()) {
      if (time === undefined) continue;
      if (newest === undefined || time >= (times[newest] ?? -Infinity)) newest = index;
    }
    return newest === undefined ? undefined : sorted[newest];
  }

  private async timeOf(version: string): Promise<number | undefined> {
    const known = this.times.get(version);
    if (known !== undefined) return known;
    try {
      const text = await readFile(join(this.folder, version, 'model.yaml'), 'utf8');
      const { createdAt } = await readSummary(text, new Tag(basename(this.folder), version));
      this.times.set(version, createdAt.getTime());
      return createdAt.getTime();
    } catch (error) {
      // Deleted since it was listed, or one that Python's BentoML is writing.
      return isAbsent(error) ? undefined : -Infinity;
    }
  }
}
