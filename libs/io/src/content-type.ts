import { UnsupportedMediaTypeError } from './io.errors.js';

/**
 * The media type of a body, without parameters; the first accepted where the client named none.
 *
 * @throws UnsupportedMediaTypeError
 */
export function matchContentType(header: string | undefined, accepted: readonly string[]): string {
  const [fallback] = accepted;
  if (header === undefined || header === '') return concrete(fallback);
  if (header === fallback) return header;
  const end = header.indexOf(';');
  const type = (end === -1 ? header : header.slice(0, end)).trim().toLowerCase();
  if (accepted.some((range) => covers(range, type))) return type;
  throw new UnsupportedMediaTypeError(shown(type), accepted);
}

/** A client that names no type may send anything where many are read. */
function concrete(fallback = ''): string {
  return fallback.endsWith('/*') ? 'application/octet-stream' : fallback;
}

function covers(range: string, type: string): boolean {
  if (range === type) return true;
  return range.endsWith('/*') && (range === '*/*' || type.startsWith(range.slice(0, -1)));
}

/** A header may hold anything; in a message it is printable and short. */
function shown(type: string): string {
  const printable = type.replaceAll(/[^\x20-\x7e]/g, '?');
  return printable.length > 60
    ? `${printable.slice(0, 60)}…`
    : printable || 'an empty content-type';
}
