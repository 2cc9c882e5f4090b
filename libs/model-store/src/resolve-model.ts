import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAbsent, reasonOf } from './contained-path.js';
import type { ModelSignature } from './model-info.js';
import { ModelNotFoundError } from './model-store.errors.js';
import { ModelStore } from './model-store.js';
import { quote } from './quote.js';
import type { Tag } from './tag.js';

/** Options of {@link resolveModel}. */
export interface ResolveModelOptions {
  /** Folder of the model store. @default BENTOML_HOME, else ~/bentoml */
  home?: string;
  /** The folder that relative paths start from. @default process.cwd() */
  cwd?: string;
}

/** A model's file, and what the store says of it; of a bare file nothing is known. */
export interface ResolvedModel {
  /** Absolute path of the .onnx file. */
  readonly file: string;
  /** Absolute path of the folder that the file is in. */
  readonly folder: string;
  /** With its version; undefined for a bare file. */
  readonly tag?: Tag;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly signatures: Readonly<Record<string, ModelSignature>>;
  /** `sha256:…` of each file in the folder by its name; none of a bare file. */
  readonly digests: Readonly<Record<string, string>>;
}

/**
 * Finds the model that a reference names: a path that ends in `.onnx` or a `file:` URL, else a tag
 * in the model store.
 *
 * @throws InvalidTagError when it is neither.
 * @throws ModelNotFoundError when nothing is there.
 * @throws InvalidModelError when the store's model is broken.
 * @example
 * const { file } = await resolveModel('iris_clf:latest');
 */
export async function resolveModel(
  reference: string,
  { home, cwd = process.cwd() }: ResolveModelOptions = {},
): Promise<ResolvedModel> {
  const isUrl = /^file:/i.test(reference);
  if (isUrl || reference.endsWith('.onnx')) {
    return resolveFile(isUrl ? pathOfUrl(reference) : resolve(cwd, reference));
  }
  const { file, folder, tag, labels, metadata, signatures, digests } = await new ModelStore({
    home,
  }).get(reference);
  return { file, folder, tag, labels, metadata, signatures, digests };
}

function pathOfUrl(reference: string): string {
  try {
    return fileURLToPath(reference);
  } catch (cause) {
    throw new ModelNotFoundError(
      'Expected the file: URL of a model on this machine, got one that is malformed or names another host. ' +
        'Write file:///folder/model.onnx.',
      { cause },
    );
  }
}

async function resolveFile(file: string): Promise<ResolvedModel> {
  let got = 'no regular file';
  let cause: unknown;
  try {
    if ((await stat(file)).isFile()) {
      return { file, folder: dirname(file), labels: {}, metadata: {}, signatures: {}, digests: {} };
    }
  } catch (error) {
    cause = error;
    got = isAbsent(error) ? 'none' : reasonOf(error);
  }
  const name = basename(file);
  throw new ModelNotFoundError(
    `Expected the model file ${quote(name)}, got ${got}. ` +
      'Check the path, which starts from the working directory, or name a model of the store by its tag.',
    { details: { file: name }, cause: new Error(`Looked for ${file}`, { cause }) },
  );
}
