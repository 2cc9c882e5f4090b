import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { create } from 'tar';

/** The bytes of a model's folder as a tar archive, its files at the top as BentoML has them. */
export async function packArchive(folder: string, { gzip }: { gzip: boolean }): Promise<Readable> {
  const names = await readdir(folder);
  // portable: nothing of this machine's users is told. A name that begins with "@" is one, too.
  const archive = create(
    { cwd: folder, portable: true, gzip, strict: true },
    names.toSorted().map((name) => `./${name}`),
  );
  return Readable.from(archive as AsyncIterable<Buffer>, { objectMode: false });
}
