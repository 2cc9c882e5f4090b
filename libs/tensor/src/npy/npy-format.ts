// The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

/** The first six bytes of every .npy file; a version (major, minor) follows. */
export const MAGIC = Buffer.from('\x93NUMPY', 'latin1');

/** numpy pads the header so that the data starts on a multiple of this, for memory mapping. */
export const DATA_ALIGNMENT = 64;

/** Longest header we parse, in bytes. Ours are below 1 KiB; more is a mistake or an attack. */
export const MAX_HEADER_BYTES = 65_536;

/** Bytes per character of a `U` (UCS-4) string. */
export const CHARACTER_BYTES = 4;

/** Untrusted text as an error message may show it: quoted, escaped, short. */
export function quote(text: string): string {
  const shown = JSON.stringify(text.length > 60 ? text.slice(0, 60) : text);
  return text.length > 60 ? `${shown}…` : shown;
}
