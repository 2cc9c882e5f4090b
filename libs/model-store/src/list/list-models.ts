import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BentoError } from 'bentonest/errors';
import { ContainedFolder, isAbsent, listTagFolders, reasonOf } from '../contained-path.js';
import { Tag } from '../tag.js';
import { listFiles } from '../model-files.js';
import { inTurns } from './in-turns.js';
import { readSummary } from './summary.js';
import type { Summary } from './summary.js';

/** Options of `ModelStore.list`. */
export interface ListModelsOptions {
  /** Only models that have all of these. */
  labels?: Readonly<Record<string, string>>;
  /** Hears of models that cannot be shown, with the reason: broken ones, or half of Python's writing. */
  onProblem?: (tag: Tag, problem: string) => void;
}

/** A model in a list. */
export interface ModelSummary extends Summary {
  readonly tag: Tag;
  /** Of all of its files. */
  readonly sizeBytes: number;
}

/** The models of a store, or those of one name, the newest first. */
export async function listModels(
  home: string,
  name: string | undefined,
  { labels = {}, onProblem }: ListModelsOptions = {},
): Promise<ModelSummary[]> {
  const wanted = name === undefined ? undefined : new Tag(name).name;
  const root = await ContainedFolder.open(home);
  const models = await root?.find(root.path, 'models', 'folder');
  if (root === undefined || models === undefined) return [];
  const names = (await listTagFolders(models)).filter((each) => !wanted || each.name === wanted);
  const folders = await inTurns(names, async (each) => {
    const versions = await listTagFolders(join(models, each.name));
    return versions.map((version) => ({
      tag: new Tag(each.name, version.name),
      isLink: each.isLink || version.isLink,
    }));
  });
  const found = await inTurns(folders.flat(), async ({ tag, isLink }) => {
    const [versions, version] = [join(models, tag.name), tag.version ?? ''];
    try {
      // Only a link can lead out of the store: of a thousand folders, each look counts.
      const folder = isLink
        ? await root.find(versions, version, 'folder')
        : join(versions, version);
      return folder === undefined ? undefined : await summarise(folder, tag);
    } catch (error) {
      // Deleted since it was listed.
      if (isAbsent(error) && (await isGone(join(versions, version)))) return undefined;
      onProblem?.(tag, problemOf(error));
      return undefined;
    }
  });
  return found
    .filter((each) => each !== undefined)
    .filter((each) => Object.entries(labels).every(([key, value]) => each.labels[key] === value))
    .toSorted(newestFirst);
}

async function summarise(folder: string, tag: Tag): Promise<ModelSummary> {
  const summary = await readSummary(await readFile(join(folder, 'model.yaml'), 'utf8'), tag);
  const files = await listFiles(folder);
  const { module, labels, createdAt } = summary;
  const sizeBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  return { tag, module, labels, createdAt, sizeBytes };
}

function isGone(folder: string): Promise<boolean> {
  return lstat(folder).then(() => false, isAbsent);
}

function problemOf(error: unknown): string {
  if (error instanceof BentoError) return error.message;
  return isAbsent(error) ? 'It has no model.yaml.' : `It cannot be read: ${reasonOf(error)}.`;
}

function newestFirst(a: ModelSummary, b: ModelSummary): number {
  const order = b.createdAt.getTime() - a.createdAt.getTime();
  return order !== 0 ? order : b.tag.toString() < a.tag.toString() ? -1 : 1;
}
