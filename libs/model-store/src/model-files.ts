import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidModelSourceError } from './model-store.errors.js';
import { quote } from './quote.js';

const MAX_LENGTH = 1024;
/** Of each part, in bytes: more no file system takes. */
const MAX_PART_BYTES = 255;
/** Written by the store itself. */
export const MODEL_YAML = 'model.yaml';

/** Why a name cannot be that of a file in a model's folder, which `/` divides; else undefined. */
export function faultOf(name: string): string | undefined {
  if (name === '' || name.length > MAX_LENGTH) return `a name of 1 to ${MAX_LENGTH} characters`;
  // oxlint-disable-next-line no-control-regex -- what a name must not have
  if (/[\0-\x1f\\]/.test(name)) return 'a name without backslashes and control characters';
  if (name.startsWith('/') || /^[a-z]:/i.test(name)) return 'a relative name';
  const parts = name.split('/');
  if (parts.some((part) => part === '..' || part === '.' || part === '')) {
    return 'a name without "." and ".." and empty parts';
  }
  if (parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES)) {
    return `a name of parts of at most ${MAX_PART_BYTES} bytes`;
  }
  return undefined;
}

/** Tells names apart as the disks of all systems do: without case, and composed. */
export function comparable(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** @throws InvalidModelSourceError naming the first file that cannot be one of a model. */
export function checkFileNames(names: Iterable<string>): void {
  const seen = new Set<string>();
  for (const name of names) {
    const fault = faultOf(name);
    if (fault !== undefined) throw refuse(`Expected ${fault} for a file of the model`, name);
    if (comparable(name) === MODEL_YAML) {
      throw refuse('Expected files without a model.yaml, which the store writes itself', name);
    }
    if (seen.has(comparable(name))) throw refuse('Expected each file once', name);
    seen.add(comparable(name));
  }
  if (seen.size === 0) throw new InvalidModelSourceError('Expected files of a model, got none.');
}

function refuse(expected: string, name: string): InvalidModelSourceError {
  return new InvalidModelSourceError(`${expected}, got ${quote(name)}.`, { details: { name } });
}

/** A file in a folder, by its name from there on. */
export interface FolderFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/**
 * All files in a folder and the folders in it.
 *
 * @throws InvalidModelSourceError for links and what is no regular file.
 */
export async function listFiles(folder: string, prefix = ''): Promise<FolderFile[]> {
  const files: FolderFile[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const [name, path] = [prefix + entry.name, join(folder, entry.name)];
    if (entry.isDirectory()) {
      files.push(...(await listFiles(path, `${name}/`)));
    } else if (entry.isFile()) {
      files.push({ name, path, bytes: (await lstat(path)).size });
    } else {
      throw new InvalidModelSourceError(
        `Expected files and folders only, got a link or device ${quote(name)}. Put a copy in its place.`,
        { details: { name } },
      );
    }
  }
  return files;
}
