/** Anything that could end the header or the quotes, or that no file system takes. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const UNSAFE = /[\x00-\x1f\x7f]/g;

/** The name of a file without folders of either kind and control characters; undefined if none is left. */
export function toBaseName(filename: string): string | undefined {
  const base = filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1);
  const name = base.replaceAll(UNSAFE, '').trim();
  return name === '' || name === '.' || name === '..' ? undefined : name;
}

/**
 * The header of a download (RFC 6266): the name in ASCII for old clients, and as it is (RFC 8187)
 * where that differs.
 */
export function writeAttachment(filename: string): string {
  // Half a surrogate pair is no character, and cannot be encoded.
  const name = Buffer.from(toBaseName(filename) ?? 'download').toString();
  const ascii = name.replaceAll(/[^\x20-\x7e]/gu, '_').replaceAll(/["\\%]/g, '_');
  const header = `attachment; filename="${ascii}"`;
  return ascii === name ? header : `${header}; filename*=UTF-8''${percentEncode(name)}`;
}

/** RFC 8187's attr-char is narrower than what encodeURIComponent leaves. */
function percentEncode(name: string): string {
  return encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
