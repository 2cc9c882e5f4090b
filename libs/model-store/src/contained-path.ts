import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { InvalidModelError } from './model-store.errors.js';
import { isTagPart } from './tag.js';

type Kind = 'file' | 'folder';

/** Whether a call to the file system failed because nothing is at the path. */
export function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** What the operating system calls the failure (`EACCES`); its message would tell the path. */
export function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}

async function orAbsent<Result>(call: Promise<Result>, what: string): Promise<Result | undefined> {
  try {
    return await call;
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw new InvalidModelError(
      `Expected to read ${what} in the model store, got ${reasonOf(cause)}. Check its permissions and links.`,
      { cause },
    );
  }
}

/**
 * A folder that nothing is read outside of. Links are followed first and then checked, so that one
 * within the folder works and one that leaves it is refused.
 */
export class ContainedFolder {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** The folder, or undefined where there is none. */
  static async open(path: string): Promise<ContainedFolder | undefined> {
    const root = await orAbsent(realpath(path), 'the home folder');
    return root === undefined ? undefined : new ContainedFolder(root);
  }

  /** The folder's own real path. */
  get path(): string {
    return this.#root;
  }

  /**
   * The real path of `name` in `parent`, or undefined where no such file or folder is.
   *
   * @throws InvalidModelError when it leaves the root or cannot be read.
   */
  async find(parent: string, name: string, kind: Kind): Promise<string | undefined> {
    const what = `"${basename(name)}"`;
    const real = await orAbsent(realpath(join(parent, name)), what);
    if (real === undefined) return undefined;
    const prefix = this.#root.endsWith(sep) ? this.#root : this.#root + sep;
    if (!real.startsWith(prefix)) {
      throw new InvalidModelError(
        `Expected ${what} to lie in the model store, got a link that leaves it. Copy what it points to into the store.`,
      );
    }
    const found = await orAbsent(stat(real), what);
    const fits = kind === 'file' ? found?.isFile() : found?.isDirectory();
    return fits === true ? real : undefined;
  }
}

/** A folder, or a link that may lead to one, by a name that a tag can have. */
export interface TagPart {
  readonly name: string;
  readonly isLink: boolean;
}

/** The folders in a folder that can be a tag's name or version. */
export async function listTagFolders(folder: string): Promise<TagPart[]> {
  const entries = await orAbsent(readdir(folder, { withFileTypes: true }), 'a folder');
  return (entries ?? [])
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => ({ name: entry.name, isLink: entry.isSymbolicLink() }))
    .filter(({ name }) => isTagPart(name));
}

/** Their names. */
export async function listTagParts(folder: string): Promise<string[]> {
  return (await listTagFolders(folder)).map(({ name }) => name);
}
