import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ContainedFolder, listTagParts, reasonOf } from './contained-path.js';
import { parseModelInfo } from './model-info.js';
import type { ModelInfo } from './model-info.js';
import { InvalidModelError, ModelNotFoundError } from './model-store.errors.js';
import { nearest } from './nearest.js';
import { Tag, isTagPart } from './tag.js';

/** Options of {@link ModelStore}. */
export interface ModelStoreOptions {
  /** The folder that holds `models/`. @default BENTOML_HOME, else ~/bentoml */
  home?: string;
}

/** A model of the store: where its files are and what its model.yaml says. */
export interface StoredModel extends ModelInfo {
  /** With the version that `latest` stood for. */
  readonly tag: Tag;
  /** Absolute path of the version's folder, links followed. */
  readonly folder: string;
  /** Absolute path of its model file, links followed. */
  readonly file: string;
}

const LATEST = 'latest';
/** Options of `ModelStore.get`. */
export interface GetModelOptions {
  /** Name of the model's file in its folder, as its framework saves it. @default saved_model.onnx */
  file?: string;
}

const MODEL_FILE = 'saved_model.onnx';
const CURE =
  'Save it with BentoML’s save_model, or set BENTOML_HOME to the folder whose models/ has it.';

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
 * Reads models from a store in the layout of Python's BentoML 1.1, so that what
 * `bentoml.onnx.save_model` wrote is served as it is: `models/<name>/<version>/` with `model.yaml`
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

  /**
   * Finds a model: by `name:version`, or its latest by `name` or `name:latest`.
   *
   * @throws InvalidTagError when the tag is not by the grammar.
   * @throws ModelNotFoundError when the store has no such name or version, or no latest.
   * @throws InvalidModelError when the model's files are broken, missing or leave the store.
   */
  async get(tag: string | Tag, options: GetModelOptions = {}): Promise<StoredModel> {
    // A Tag is checked again, for TypeScript takes any object with a name for one.
    const wanted = typeof tag === 'string' ? Tag.parse(tag) : new Tag(tag.name, tag.version);
    const root = await ContainedFolder.open(this.#home);
    const models = await root?.find(root.path, 'models', 'folder');
    const versions = models && (await root?.find(models, wanted.name, 'folder'));
    if (!root || !versions) throw await unknownName(wanted, models, this.#home);

    const version = await versionOf(wanted, root, versions);
    const folder = await root.find(versions, version, 'folder');
    if (folder === undefined) throw await unknownVersion(wanted, version, versions);
    const { file = MODEL_FILE } = options;
    return readModel(new Tag(wanted.name, version), { root, folder, file });
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

interface VersionFolder {
  readonly root: ContainedFolder;
  readonly folder: string;
  readonly file: string;
}

async function readModel(tag: Tag, version: VersionFolder): Promise<StoredModel> {
  const { root, folder } = version;
  const yaml = await root.find(folder, 'model.yaml', 'file');
  if (yaml === undefined) throw incomplete(tag, 'model.yaml');
  const info = parseModelInfo(await read(yaml, tag, 'model.yaml'), tag);
  const file = await root.find(folder, version.file, 'file');
  if (file === undefined) throw incomplete(tag, version.file, `, which ${info.module} saved`);
  return { tag, folder, file, ...info };
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
