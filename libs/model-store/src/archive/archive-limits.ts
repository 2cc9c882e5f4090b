import { InvalidArchiveError } from '../model-store.errors.js';
import { quote } from '../quote.js';
import { comparable, faultOf } from '../model-files.js';

/** Bounds of what an archive may become. */
export interface ArchiveLimits {
  /** Of all files together. @default 64 GiB */
  maxBytes?: number;
  /** Files and folders. @default 100000 */
  maxEntries?: number;
}

const DEFAULT_BYTES = 64 * 2 ** 30;
const DEFAULT_ENTRIES = 100_000;
/** How many times larger than the archive its files may be. */
const MAX_RATIO = 100;
/** So much may come of the smallest archive: zeros compress a thousandfold. */
const RATIO_FREE_BYTES = 64 * 2 ** 20;

/** Folders that a name may lie in: each may be another one for each of the entries. */
const MAX_DEPTH = 32;

const FILES = new Set(['File', 'OldFile', 'ContiguousFile']);
const FOLDERS = new Set(['Directory', 'GNUDumpDir']);

/** What the reader tells of an entry. */
export interface ArchiveEntry {
  readonly path: string;
  readonly type: string;
  readonly size: number;
}

/** Judges the entries of one archive, the first bad one of which refuses it as a whole. */
export class ArchiveJudge {
  private readonly seen = new Map<string, 'file' | 'folder'>();
  private entries = 0;
  private bytes = 0;

  constructor(private readonly limits: ArchiveLimits) {}

  /**
   * The name of the file that an entry is; undefined for a folder.
   *
   * @throws InvalidArchiveError
   */
  judge({ path, type, size }: ArchiveEntry): string | undefined {
    const { maxBytes = DEFAULT_BYTES, maxEntries = DEFAULT_ENTRIES } = this.limits;
    if (++this.entries > maxEntries) throw refuse(`at most ${maxEntries} entries`, 'more');
    const isFolder = FOLDERS.has(type);
    if (!isFolder && !FILES.has(type)) {
      const kind = type === 'Unsupported' ? 'an unknown type' : `a ${type}`;
      throw refuse('files and folders only', `${kind} ${quote(path)}`, path);
    }
    const name = path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
    if (isFolder && (name === '' || name === '.')) return undefined;
    const fault = faultOf(name);
    if (fault !== undefined) throw refuse(`${fault} for each entry`, quote(path), path);
    this.remember(name, isFolder ? 'folder' : 'file');
    this.bytes += size;
    if (this.bytes > maxBytes) throw refuse(`files of at most ${maxBytes} bytes`, 'more');
    return isFolder ? undefined : name;
  }

  /** Told after each piece: a bomb is refused before it fills the disk. */
  checkRatio(archiveBytes: number, fileBytes: number): void {
    if (fileBytes <= RATIO_FREE_BYTES || fileBytes <= archiveBytes * MAX_RATIO) return;
    throw refuse(`files at most ${MAX_RATIO} times as large as the archive`, 'more');
  }

  private remember(name: string, kind: 'file' | 'folder'): void {
    const parts = comparable(name).split('/');
    if (parts.length > MAX_DEPTH)
      throw refuse(`at most ${MAX_DEPTH} folders in each other`, 'more');
    for (let depth = 1; depth < parts.length; depth++) {
      this.claim(parts.slice(0, depth).join('/'), 'folder', name);
    }
    this.claim(parts.join('/'), kind, name);
  }

  private claim(key: string, kind: 'file' | 'folder', name: string): void {
    const known = this.seen.get(key);
    if (known !== undefined && (known === 'file' || kind === 'file')) {
      throw refuse('each file once', `${quote(name)} again`, name);
    }
    this.seen.set(key, kind);
  }
}

function refuse(expected: string, got: string, name?: string): InvalidArchiveError {
  return new InvalidArchiveError(
    `Expected an archive of ${expected}, got ${got}. Nothing of it was taken; export the model anew.`,
    name === undefined ? {} : { details: { name } },
  );
}
