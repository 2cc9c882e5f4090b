import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { create } from 'tar';
import { unreadable } from '../write/stage-file.js';

/** The bytes of a model's folder as a tar archive, its files at the top as BentoML has them. */
export async function packArchive(folder: string, options: { gzip: boolean }): Promise<Readable> {
  const names = await readdir(folder);
  return Readable.from(pack(folder, names.toSorted(), options), { objectMode: false });
}

/** Begins when somebody reads, who then hears of its errors. */
async function* pack(
  folder: string,
  names: readonly string[],
  { gzip }: { gzip: boolean },
): AsyncGenerator<Buffer> {
  // portable: nothing of this machine's users is told. A name that begins with "@" is one, too.
  const archive = create(
    { cwd: folder, portable: true, gzip, strict: true },
    names.map((name) => `./${name}`),
  );
  try {
    yield* archive as AsyncIterable<Buffer>;
  } catch (cause) {
    const { path, syscall } = cause as NodeJS.ErrnoException;
    throw syscall === undefined ? cause : unreadable(basename(path ?? folder), cause);
  }
}
