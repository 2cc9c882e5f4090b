import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ContainedFolder, listTagParts, reasonOf } from './contained-path.js';
import { listModels } from './list/list-models.js';
import type { ListModelsOptions, ModelSummary } from './list/list-models.js';
import type { ModelInfo } from './model-info.js';
import { InvalidModelError, ModelNotFoundError } from './model-store.errors.js';
import { nearest } from './nearest.js';
import { versionThatBegins } from './list/version-prefix.js';
import type { ExportModelOptions } from './export-model.js';
import type { ImportModelOptions } from './import-model.js';
import { Tag, isTagPart } from './tag.js';
import type { ModelSource, SaveModelOptions } from './write/save-model.js';

/** Options of {@link ModelStore}. */
export interface ModelStoreOptions {
  /** The folder that holds `models/`. @default BENTOML_HOME, else ~/bentoml */
  home?: string;
}

/** A model of the store: where its folder is and what its model.yaml says. */
export interface ModelEntry extends ModelInfo {
  /** With the version that `latest` stood for. */
  readonly tag: Tag;
  /** Absolute path of the version's folder, links followed. */
  readonly folder: string;
}

/** A model of the store whose file is known. */
export interface StoredModel extends ModelEntry {
  /** Absolute path of its model file, links followed. */
  readonly file: string;
}

/** Options of `ModelStore.get`. */
export interface GetModelOptions {
  /** Name of the model's file in its folder, as its framework saves it. @default saved_model.onnx */
  file?: string;
}

const LATEST = 'latest';
const MODEL_FILE = 'saved_model.onnx';
const CURE =
  'Import it (bentonest models import model.onnx), save it with BentoML’s save_model, or set BENTOML_HOME to the folder whose models/ has it.';

async function read(path: string, tag: Tag, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new InvalidModelError(
      `Expected to read ${name} of ${tag.toString()}, got ${reasonOf(cause)}. Check its permissions.`,
      { details: { tag: tag.toString() }, cause },
    );
  }
}

/**
 * Models in a store in the layout of Python's BentoML 1.1, so that what
 * `bentoml.onnx.save_model` wrote is served as it is, and the other way round: `models/<name>/<version>/` with `model.yaml`
 * and `saved_model.onnx`, and `models/<name>/latest` with the version that is the latest.
 *
 * @example
 * const { file } = await new ModelStore().get('iris_clf:latest');
 */
export class ModelStore {
  readonly #home: string;

  constructor({ home }: ModelStoreOptions = {}) {
    // An empty variable counts as unset: it would stand for the working directory.
    this.#home = resolve(home || process.env.BENTOML_HOME || join(homedir(), 'bentoml'));
  }

  /** Absolute path of the folder that holds `models/`, whether it is there or not. */
  get home(): string {
    return this.#home;
  }

  /**
   * Finds a model: by `name:version`, or its latest by `name` or `name:latest`. As with Python's BentoML,
   * the beginning of a version stands for the one version that begins so.
   *
   * @throws InvalidTagError when the tag is not by the grammar.
   * @throws ModelNotFoundError when the store has no such name or version, no latest, or several versions
   * that begin so, whose names it tells.
   * @throws InvalidModelError when the model's files are broken, missing or leave the store.
   */
  async get(tag: string | Tag, options: GetModelOptions = {}): Promise<StoredModel> {
    const { root, entry } = await this.find(tag);
    const { file: name = MODEL_FILE } = options;
    const file = await root.find(entry.folder, name, 'file');
    if (file === undefined) throw incomplete(entry.tag, name, `, which ${entry.module} saved`);
    return { ...entry, file };
  }

  /**
   * The same without a model file, which models of other frameworks than ONNX have under other names.
   *
   * @throws InvalidTagError, ModelNotFoundError and InvalidModelError as `get` does.
   */
  async describe(tag: string | Tag): Promise<ModelEntry> {
    return (await this.find(tag)).entry;
  }

  /**
   * The models of the store, or those of one name, the newest first.
   *
   * @throws InvalidTagError when the name is not by the grammar; one without models gives none.
   */
  list(name?: string, options?: ListModelsOptions): Promise<ModelSummary[]> {
    return listModels(this.#home, name, options);
  }

  /**
   * Saves files as a new version of a model, and makes it the latest. It is there as a whole, and on
   * the disk, or not at all.
   *
   * @param source A folder, a file, or paths or bytes by the name that each file gets.
   * @throws ModelExistsError when the version is there already.
   * @throws InvalidModelSourceError for links, and names that leave the model's folder.
   * @throws StoreNotWritableError when the disk is full or read-only.
   * @example
   * const { tag } = await store.save('iris_clf', 'model.onnx', { labels: { team: 'flowers' } });
   */
  async save(
    name: string,
    source: ModelSource,
    options: SaveModelOptions = {},
  ): Promise<ModelEntry> {
    const { saveModel } = await import('./write/save-model.js');
    return this.describe(await saveModel(this.#home, name, { ...options, source }));
  }

  /**
   * Deletes a version, by `name` or `name:latest` the latest; the beginning of one is not enough. The
   * newest of the others is the latest then.
   *
   * @returns The tag with the version that was deleted.
   * @throws ModelNotFoundError when there is none.
   */
  async delete(tag: string | Tag): Promise<Tag> {
    const found = await this.locate(tag);
    const { deleteModel } = await import('./write/delete-model.js');
    await deleteModel(this.#home, found.tag);
    return found.tag;
  }

  /**
   * Takes in a model: an archive as BentoML exports it (tar, with gzip or xz), a model's folder, an .onnx
   * file, or `s3://bucket/key` of any of them but a folder. Of an .onnx file a new version is made, with
   * inputs, outputs and opset as metadata; the others keep their tag.
   *
   * @throws InvalidArchiveError, InvalidOnnxFileError and InvalidModelSourceError when it is damaged or
   * none, ModelExistsError, StoreNotWritableError, ModelTransferError.
   */
  async import(source: string, options: ImportModelOptions = {}): Promise<ModelEntry> {
    const { importModel } = await import('./import-model.js');
    return this.describe(await importModel(this.#home, source, options));
  }

  /**
   * Writes a model as an archive that `import` and BentoML read, or as a folder: to a path, a folder
   * (under `name-version.bentomodel`), or `s3://bucket/key`.
   *
   * @returns Where it was written.
   * @throws ModelNotFoundError, InvalidModelSourceError when something is at the path already,
   * StoreNotWritableError, ModelTransferError.
   */
  async export(
    tag: string | Tag,
    target: string,
    options: ExportModelOptions = {},
  ): Promise<string> {
    const entry = await this.describe(tag);
    const { exportModel } = await import('./export-model.js');
    return exportModel(entry, target, options);
  }

  private async find(tag: string | Tag): Promise<{ root: ContainedFolder; entry: ModelEntry }> {
    const { root, folder, tag: found } = await this.locate(tag, { byPrefix: true });
    return { root, entry: { tag: found, folder, ...(await readInfo(found, root, folder)) } };
  }

  private async locate(
    tag: string | Tag,
    { byPrefix = false } = {},
  ): Promise<{ root: ContainedFolder; folder: string; tag: Tag }> {
    // A Tag is checked again, for TypeScript takes any object with a name for one.
    const wanted = typeof tag === 'string' ? Tag.parse(tag) : new Tag(tag.name, tag.version);
    const root = await ContainedFolder.open(this.#home);
    const models = await root?.find(root.path, 'models', 'folder');
    const versions = models && (await root?.find(models, wanted.name, 'folder'));
    if (!root || !versions) throw await unknownName(wanted, models, this.#home);

    const version = await versionOf(wanted, root, versions);
    const folder = await root.find(versions, version, 'folder');
    if (folder !== undefined) return { root, folder, tag: new Tag(wanted.name, version) };
    const isPrefix = byPrefix && version === wanted.version;
    const whole = isPrefix ? await versionThatBegins(wanted, versions) : undefined;
    if (whole === undefined) throw await unknownVersion(wanted, version, versions);
    return this.locate(new Tag(wanted.name, whole));
  }
}

/** The version that was asked for, which the file latest tells where none was. */
async function versionOf(wanted: Tag, root: ContainedFolder, versions: string): Promise<string> {
  if (wanted.version !== undefined && wanted.version !== LATEST) return wanted.version;
  const path = await root.find(versions, LATEST, 'file');
  if (path === undefined) throw await unknownLatest(wanted, versions);
  const version = (await read(path, wanted, 'the file latest')).trim();
  if (!isTagPart(version) || version === LATEST) {
    throw new InvalidModelError(
      `Expected the file latest of ${wanted.name} to hold a version, got something else. ` +
        'Write the version into it, or ask for one by name:version.',
      { details: { tag: wanted.toString() } },
    );
  }
  return version;
}

async function readInfo(tag: Tag, root: ContainedFolder, folder: string): Promise<ModelInfo> {
  const yaml = await root.find(folder, 'model.yaml', 'file');
  if (yaml === undefined) throw incomplete(tag, 'model.yaml');
  const text = await read(yaml, tag, 'model.yaml');
  // A list does without it, and so without the parser of YAML.
  const { parseModelInfo } = await import('./model-info.js');
  return parseModelInfo(text, tag);
}

function incomplete(tag: Tag, name: string, origin = ''): InvalidModelError {
  return new InvalidModelError(
    `Expected the file ${name} in model ${tag.toString()}${origin}, got none. Save the model again, or use the runner of its framework.`,
    { details: { tag: tag.toString() } },
  );
}

async function unknownName(
  wanted: Tag,
  models: string | undefined,
  home: string,
): Promise<ModelNotFoundError> {
  const near = nearest(wanted.name, models === undefined ? [] : await listTagParts(models));
  const has = near.length === 0 ? 'has no models' : `has no such name; nearest: ${near.join(', ')}`;
  return new ModelNotFoundError(
    `Expected model ${wanted.toString()} in the model store, which ${has}. ${CURE}`,
    // Where it looked is for the log; a client that asked by name does not learn it.
    { details: { tag: wanted.toString(), nearest: near }, cause: new Error(`Looked in ${home}`) },
  );
}

async function unknownVersion(
  wanted: Tag,
  version: string,
  versions: string,
): Promise<ModelNotFoundError> {
  const near = nearest(version, await listTagParts(versions));
  const asked = version === wanted.version ? '' : `, whose latest is ${version},`;
  const has = near.length === 0 ? 'has no versions' : `has other versions: ${near.join(', ')}`;
  return new ModelNotFoundError(
    `Expected model ${wanted.toString()}${asked} in the model store, which ${has}. ${CURE}`,
    { details: { tag: wanted.toString(), nearest: near } },
  );
}

async function unknownLatest(wanted: Tag, versions: string): Promise<ModelNotFoundError> {
  const near = (await listTagParts(versions)).toSorted().slice(0, 5);
  const has = near.length === 0 ? 'no versions' : `versions ${near.join(', ')}`;
  return new ModelNotFoundError(
    `Expected model ${wanted.toString()} in the model store, which has no file latest for it, and ${has}. ` +
      `Ask for a version by name:version. ${CURE}`,
    { details: { tag: wanted.toString(), nearest: near } },
  );
}
