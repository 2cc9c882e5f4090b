import { listTagParts } from '../contained-path.js';
import { ModelNotFoundError } from '../model-store.errors.js';
import type { Tag } from '../tag.js';

/** More of them would make no line that is read. */
const MAX_SHOWN = 10;

/**
 * The one version in a name's folder that begins as the wanted one; undefined where none does.
 *
 * @throws ModelNotFoundError naming the versions where there are several.
 */
export async function versionThatBegins(
  { name, version = '' }: Tag,
  folder: string,
): Promise<string | undefined> {
  const all = await listTagParts(folder);
  const found = all.filter((each) => each.startsWith(version)).toSorted();
  if (found.length < 2) return found[0];
  const more = found.length > MAX_SHOWN ? ` and ${found.length - MAX_SHOWN} more` : '';
  const shown = found.slice(0, MAX_SHOWN).join(', ') + more;
  throw new ModelNotFoundError(
    `Expected one version of ${name} that begins with "${version}", got ${found.length}: ${shown}. Ask for more of its name.`,
    { details: { tag: `${name}:${version}`, versions: found } },
  );
}
